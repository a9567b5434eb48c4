//! Values to bytes and back, in the format of a connection. Bytes come from somebody else: they are
//! checked before anything is read from them.

use cell_model::frame::Format;
use cell_model::{Code, Fault, message};
use rkyv::api::high::{HighDeserializer, HighSerializer, HighValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Error;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Deserialize, Serialize};

/// A value as bytes.
///
/// # Errors
/// [`Code::BadPayload`] if the format cannot say it.
pub fn encode<T>(format: Format, value: &T) -> Result<Vec<u8>, Fault>
where
    T: serde::Serialize + for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, Error>>,
{
    match format {
        Format::MessagePack => message::encode(value),
        Format::Rkyv => rkyv::to_bytes::<Error>(value).map(AlignedVec::into_vec).map_err(bad),
        Format::Raw => Err(raw()),
    }
}

/// A value from bytes.
///
/// # Errors
/// [`Code::BadPayload`] if they are anything else.
pub fn decode<T>(format: Format, bytes: &[u8]) -> Result<T, Fault>
where
    T: serde::de::DeserializeOwned + Archive,
    T::Archived:
        for<'a> CheckBytes<HighValidator<'a, Error>> + Deserialize<T, HighDeserializer<Error>>,
{
    match format {
        Format::MessagePack => message::decode(bytes),
        Format::Rkyv => {
            // Archived data is read where it lies, and it must lie right.
            let aligned = bytes.as_ptr().addr().is_multiple_of(ALIGNMENT);
            if aligned {
                return rkyv::from_bytes(bytes).map_err(bad);
            }
            let mut copy = AlignedVec::<ALIGNMENT>::with_capacity(bytes.len());
            copy.extend_from_slice(bytes);
            rkyv::from_bytes(&copy).map_err(bad)
        }
        Format::Raw => Err(raw()),
    }
}

/// The largest that any archived type asks for.
const ALIGNMENT: usize = 16;

fn bad(error: Error) -> Fault {
    Fault::new(Code::BadPayload, error.to_string())
}

fn raw() -> Fault {
    Fault::new(Code::BadPayload, "raw bytes have no values")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_in_both_formats_wherever_they_lie() {
        let value = (vec!["a".to_owned(), "é".to_owned()], Some(7u64), -1i128);
        for format in [Format::Rkyv, Format::MessagePack] {
            let bytes = encode(format, &value).unwrap();
            for shift in 0..16 {
                let moved = [&vec![0; shift][..], &bytes].concat();
                let back: (Vec<String>, Option<u64>, i128) =
                    decode(format, &moved[shift..]).unwrap();
                assert_eq!(back, value);
            }
            for cut in 0..bytes.len() {
                let back: Result<(Vec<String>, Option<u64>, i128), _> =
                    decode(format, &bytes[..cut]);
                assert!(back.is_err(), "{format:?} cut at {cut}");
            }
        }
        assert!(encode(Format::Raw, &1u8).is_err() && decode::<u8>(Format::Raw, &[1]).is_err());
    }
}
