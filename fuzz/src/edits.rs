//! Bytes that are nearly a proof. What libFuzzer makes of 128 bytes of which each bit counts is hardly ever one edit away from
//! them; so its input says which edits to make.

/// An edit: what to do, where, and with which byte.
const EDIT_BYTES: usize = 4;
/// More say nothing new.
const EDITS_MAX: usize = 16;
/// The first byte of an input that is the bytes themselves.
const RAW: u8 = b'r';

/// The known bytes with the edits that the input says, or the input itself.
pub(crate) fn edited(known: &[u8], input: &[u8]) -> Vec<u8> {
    if let Some((&RAW, raw)) = input.split_first() {
        return raw.to_vec();
    }
    let mut bytes = known.to_vec();
    for edit in input.chunks_exact(EDIT_BYTES).take(EDITS_MAX) {
        let [what, high, low, value] = [edit[0], edit[1], edit[2], edit[3]];
        // The places at both ends are the likeliest.
        let place = usize::from(u16::from_be_bytes([high, low]));
        let place = match what / 8 % 3 {
            0 => place % (bytes.len() + 1),
            1 => place.min(bytes.len()),
            _ => bytes.len().saturating_sub(place),
        };
        match what % 8 {
            0 => bytes.insert(place, value),
            1 => bytes.push(value),
            2 => bytes.truncate(place),
            3 if place < bytes.len() => {
                bytes.remove(place);
            }
            4 if place < bytes.len() => bytes[place] = value,
            5 if place < bytes.len() => bytes[place] = bytes[place].wrapping_add(value),
            _ if place < bytes.len() => bytes[place] ^= 1 << (value % 8),
            _ => {}
        }
    }
    bytes
}
