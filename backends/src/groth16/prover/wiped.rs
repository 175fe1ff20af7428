//! A buffer that is wiped when it goes away.
//!
//! `zeroize` on a vector writes its spare room too, byte by byte; these buffers are megabytes, and have none.

use std::ops::{Deref, DerefMut};

use zeroize::Zeroize;

/// Values of which each was derived from a witness.
pub(super) struct Wiped<T: Zeroize>(Vec<T>);

impl<T: Zeroize + Copy> Wiped<T> {
    pub(super) const fn empty() -> Self {
        Self(Vec::new())
    }

    pub(super) fn filled(value: T, len: usize) -> Self {
        Self(vec![value; len])
    }

    /// Of an iterator that knows its length: a vector that grows leaves its old buffer behind.
    pub(super) fn collected(values: impl ExactSizeIterator<Item = T>) -> Self {
        Self(values.collect())
    }

    /// Both, one after the other.
    pub(super) fn joined(first: &[T], second: &[T]) -> Self {
        let mut joined = Vec::with_capacity(first.len() + second.len());
        joined.extend_from_slice(first);
        joined.extend_from_slice(second);
        Self(joined)
    }

    /// The first `len` elements, whatever stands in them. Grows by replacing the buffer.
    pub(super) fn at_least(&mut self, len: usize, value: T) -> &mut [T] {
        if self.0.len() < len {
            *self = Self::filled(value, len);
        }
        &mut self.0[..len]
    }
}

impl<T: Zeroize> Deref for Wiped<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Zeroize> DerefMut for Wiped<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Zeroize> Drop for Wiped<T> {
    fn drop(&mut self) {
        self.0.iter_mut().zeroize();
    }
}
