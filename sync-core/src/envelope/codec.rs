//! How does a value become bytes, and when are bytes a value?
//!
//! Deterministic CBOR (RFC 8949, 4.2.1): lengths and integers as short as they can be, no
//! indefinite lengths, map keys ascending. Nothing is reserved from a length header: vectors
//! grow as their elements are read, and byte and text strings are checked against the input
//! before they are copied. Depth is that of the type; no type of ours contains itself.

use minicbor::{Decode, Decoder, Encode};

/// Bytes that are not the one encoding of a value of the wanted type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadBytes {
    #[error("malformed at byte {at} of {length}")]
    Malformed { at: usize, length: usize },
    #[error("{extra} bytes after the end of the value")]
    Trailing { extra: usize },
    #[error("readable, but not in its one canonical form")]
    NotCanonical,
    #[error("{length} bytes, at most {limit} are allowed")]
    TooLong { length: usize, limit: usize },
}

/// The one encoding of `value`.
pub fn to_bytes<T: Encode<()>>(value: &T) -> Vec<u8> {
    match minicbor::to_vec(value) {
        Ok(bytes) => bytes,
        Err(_) => unreachable!("a Vec takes every byte and no type here refuses to be encoded"),
    }
}

/// The value whose one encoding is `bytes`, all of them. What is hashed or stored is read so.
pub fn from_bytes<'b, T: Encode<()> + Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, BadBytes> {
    let value = from_newer(bytes)?;
    if to_bytes(&value) == bytes {
        Ok(value)
    } else {
        Err(BadBytes::NotCanonical)
    }
}

/// Like [`from_bytes`], but fields this release does not know are passed over, and so is the
/// canonical form. For messages that are read once, from a peer that may be newer.
pub fn from_newer<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, BadBytes> {
    let mut decoder = Decoder::new(bytes);
    let value = decoder.decode().map_err(|_| BadBytes::Malformed {
        at: decoder.position().min(bytes.len()),
        length: bytes.len(),
    })?;
    match bytes.len() - decoder.position() {
        0 => Ok(value),
        extra => Err(BadBytes::Trailing { extra }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{DeviceId, Epoch};

    #[test]
    fn a_number_that_takes_more_bytes_than_it_needs_is_not_canonical() {
        assert_eq!(
            from_bytes::<Epoch>(&[0x82, 0x01, 0x18, 0x02]),
            Err(BadBytes::NotCanonical)
        );
        assert_eq!(
            from_bytes::<Epoch>(&[0x82, 0x01, 0x02]),
            Ok(Epoch { lineage: 1, n: 2 })
        );
    }

    #[test]
    fn an_array_of_indefinite_length_is_not_canonical() {
        assert_eq!(
            from_bytes::<Epoch>(&[0x9f, 0x01, 0x02, 0xff]),
            Err(BadBytes::NotCanonical)
        );
    }

    #[test]
    fn a_byte_after_the_end_is_refused() {
        assert_eq!(
            from_bytes::<Epoch>(&[0x82, 0x01, 0x02, 0x00]),
            Err(BadBytes::Trailing { extra: 1 })
        );
    }

    #[test]
    fn a_length_header_the_input_does_not_hold_costs_nothing() {
        let huge = [0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert!(from_bytes::<Vec<DeviceId>>(&huge).is_err());
        let text = [0x7b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert!(from_bytes::<String>(&text).is_err());
    }

    #[test]
    fn a_field_from_a_newer_release_is_passed_over_only_when_asked() {
        let newer = [0x83, 0x01, 0x02, 0x81, 0x05];
        assert_eq!(from_bytes::<Epoch>(&newer), Err(BadBytes::NotCanonical));
        assert_eq!(from_newer::<Epoch>(&newer), Ok(Epoch { lineage: 1, n: 2 }));
    }
}
