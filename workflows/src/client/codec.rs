//! What Temporal stores of our payloads: ciphertext. A codec of the SDK seals them on their way out and opens them on their way
//! in, at the client and at the worker alike, so workflows and activities see neither keys nor randomness.
//!
//! A sealed payload has the form of Temporal's samples: `encoding` is `binary/encrypted`, `encryption-key-id` names the key, and
//! the data are the whole payload, as protobuf, under [`zapiki_core::payload_keys`]. What was stored before there was a codec is
//! plain, and is read as it is. Messages and stack traces of failures are sealed too; their types are not: retry policies, and
//! who looks for failures, go by them. Nor are search attributes, which Temporal searches.
//!
//! A payload that does not open fails its task, never its workflow: it goes on once the key is there.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use prost::Message as _;
use rand::rngs::OsRng;
use temporalio_common::data_converters::{
    DataConverter, DefaultFailureConverter, PayloadCodec, PayloadConversionError, PayloadConverter,
    SerializationContextData,
};
use temporalio_common::payload_visitor::decode_payloads;
use temporalio_common::protos::temporal::api::common::v1::Payload;
use temporalio_common::protos::temporal::api::history::v1::History;
use thiserror::Error;
use zapiki_core::payload_keys::PayloadKeys;
use zeroize::Zeroizing;

const ENCODING: &str = "encoding";
const ENCRYPTED: &[u8] = b"binary/encrypted";
const KEY_ID: &str = "encryption-key-id";

/// The codec. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SealedPayloads {
    keys: Arc<PayloadKeys>,
}

/// A payload cannot be sealed, or does not open. Says nothing of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CodecError {
    /// It names a key that is not there: it was removed too early, or is another deployment's.
    #[error("a payload is sealed under key {0}, which is not there")]
    NoKey(u32),
    /// It was changed, or is sealed by somebody else.
    #[error("a payload does not open under the key that it names")]
    DoesNotOpen,
    /// It says that it is sealed, and is not of that form.
    #[error("a payload is not of the form that this codec seals")]
    Malformed,
    /// It is too long.
    #[error("a payload cannot be sealed")]
    CannotSeal,
}

impl From<CodecError> for PayloadConversionError {
    fn from(error: CodecError) -> Self {
        Self::EncodingError(Box::new(error))
    }
}

impl SealedPayloads {
    /// The codec with these keys.
    #[must_use]
    pub fn new(keys: PayloadKeys) -> Self {
        Self {
            keys: Arc::new(keys),
        }
    }

    /// Seals a payload. One that is sealed is left alone.
    ///
    /// # Errors
    /// It is too long.
    pub fn seal(&self, payload: &Payload) -> Result<Payload, CodecError> {
        if is_sealed(payload) {
            return Ok(payload.clone());
        }
        let plain = Zeroizing::new(payload.encode_to_vec());
        let sealed = self.keys.seal(&mut OsRng, &plain);
        let (key, data) = sealed.map_err(|_| CodecError::CannotSeal)?;
        Ok(Payload {
            metadata: [
                (ENCODING.to_owned(), ENCRYPTED.to_vec()),
                (KEY_ID.to_owned(), key.to_string().into_bytes()),
            ]
            .into(),
            data,
            external_payloads: Vec::new(),
        })
    }

    /// Opens a payload. One that is not sealed is left alone.
    ///
    /// # Errors
    /// It does not open under the keys that are there.
    pub fn open(&self, payload: Payload) -> Result<Payload, CodecError> {
        if !is_sealed(&payload) {
            return Ok(payload);
        }
        let key = payload.metadata.get(KEY_ID).ok_or(CodecError::Malformed)?;
        let key = std::str::from_utf8(key).map_err(|_| CodecError::Malformed)?;
        let key = key.parse().map_err(|_| CodecError::Malformed)?;
        if !self.keys.knows(key) {
            return Err(CodecError::NoKey(key));
        }
        let plain = self.keys.open(key, &payload.data);
        let plain = Zeroizing::new(plain.map_err(|_| CodecError::DoesNotOpen)?);
        Payload::decode(plain.as_slice()).map_err(|_| CodecError::Malformed)
    }

    /// Opens every payload of a history.
    ///
    /// # Errors
    /// One does not open.
    pub async fn open_history(&self, history: &mut History) -> Result<(), PayloadConversionError> {
        decode_payloads(history, self, &SerializationContextData::None).await
    }

    /// How a client or worker reads and writes payloads.
    pub(super) fn converter(&self) -> DataConverter {
        let failures = DefaultFailureConverter::new(true);
        DataConverter::new(PayloadConverter::default(), failures, self.clone())
    }
}

fn is_sealed(payload: &Payload) -> bool {
    payload.metadata.get(ENCODING).map(Vec::as_slice) == Some(ENCRYPTED)
}

impl PayloadCodec for SealedPayloads {
    fn encode(
        &self,
        _context: &SerializationContextData,
        payloads: Vec<Payload>,
    ) -> BoxFuture<'static, Result<Vec<Payload>, PayloadConversionError>> {
        let sealed = payloads.iter().map(|payload| self.seal(payload));
        let sealed = sealed.collect::<Result<Vec<_>, _>>();
        futures::future::ready(sealed.map_err(Into::into)).boxed()
    }

    fn decode(
        &self,
        _context: &SerializationContextData,
        payloads: Vec<Payload>,
    ) -> BoxFuture<'static, Result<Vec<Payload>, PayloadConversionError>> {
        let opened = payloads.into_iter().map(|payload| self.open(payload));
        let opened = opened.collect::<Result<Vec<_>, _>>();
        futures::future::ready(opened.map_err(Into::into)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use zapiki_core::key_ring::KeyRing;

    use super::*;

    const TEXT: &[u8] = br#""a text that is unlike ciphertext""#;

    fn codec(keys: &[(u32, &str)]) -> SealedPayloads {
        let line = |(version, digit): &(u32, &str)| format!("{version}:{}\n", digit.repeat(64));
        let ring = KeyRing::parse(&keys.iter().map(line).collect::<String>()).unwrap();
        SealedPayloads::new(ring.payload_keys())
    }

    fn plain() -> Payload {
        Payload {
            metadata: [(ENCODING.to_owned(), b"json/plain".to_vec())].into(),
            data: TEXT.to_vec(),
            external_payloads: Vec::new(),
        }
    }

    #[test]
    fn a_payload_is_sealed_whole_and_opens_as_it_was() {
        let codec = codec(&[(3, "7")]);
        let sealed = codec.seal(&plain()).unwrap();
        assert_eq!(sealed.metadata[ENCODING], b"binary/encrypted");
        assert_eq!(sealed.metadata[KEY_ID], b"3");
        assert_eq!(sealed.metadata.len(), 2, "the metadata are sealed as well");
        let holds = |part: &[u8]| sealed.data.windows(part.len()).any(|w| w == part);
        assert!(!holds(b"json") && !holds(b"text"));
        assert_eq!(codec.open(sealed.clone()), Ok(plain()));
        assert_ne!(codec.seal(&plain()).unwrap(), sealed, "no pattern shows");
        // A payload of nothing is a payload.
        let nothing = codec.seal(&Payload::default()).unwrap();
        assert_eq!(codec.open(nothing), Ok(Payload::default()));
    }

    #[test]
    fn what_is_plain_is_read_as_it_is_and_nothing_is_sealed_twice() {
        let codec = codec(&[(1, "7")]);
        assert_eq!(codec.open(plain()), Ok(plain()));
        let sealed = codec.seal(&plain()).unwrap();
        assert_eq!(codec.seal(&sealed).unwrap(), sealed);
    }

    #[test]
    fn what_was_changed_does_not_open_and_says_why_not() {
        let codec = codec(&[(1, "7"), (2, "7")]);
        let sealed = codec.seal(&plain()).unwrap();
        let with = |change: &dyn Fn(&mut Payload)| {
            let mut changed = sealed.clone();
            change(&mut changed);
            codec.open(changed).unwrap_err()
        };
        let key = |id: &'static [u8]| {
            with(&|p| {
                p.metadata.insert(KEY_ID.to_owned(), id.to_vec());
            })
        };
        assert_eq!(key(b"1"), CodecError::DoesNotOpen);
        assert_eq!(key(b"9"), CodecError::NoKey(9));
        for malformed in [&b""[..], b"one", b"\xff", b"-1"] {
            assert_eq!(key(malformed), CodecError::Malformed);
        }
        let nameless = with(&|p| drop(p.metadata.remove(KEY_ID)));
        assert_eq!(nameless, CodecError::Malformed);
        assert_eq!(with(&|p| p.data.clear()), CodecError::DoesNotOpen);
        for at in 0..sealed.data.len() {
            assert_eq!(with(&|p| p.data[at] ^= 1), CodecError::DoesNotOpen);
        }
    }

    #[test]
    fn a_key_that_seals_no_more_opens() {
        let sealed = codec(&[(1, "7")]).seal(&plain()).unwrap();
        assert_eq!(
            codec(&[(1, "7"), (2, "8")]).open(sealed.clone()),
            Ok(plain())
        );
        let lost = codec(&[(2, "8")]).open(sealed);
        assert_eq!(lost, Err(CodecError::NoKey(1)));
    }
}
