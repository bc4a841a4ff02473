//! Who and what is meant: stations, devices, people, records, acts, hashes.
//!
//! Nothing here is drawn at random. A device is named by its key, a record by the device that
//! made it and a counter, an actor by device, record and generation, a row by its actor and a
//! counter: whoever holds the inputs rebuilds the name, and nobody can take another's.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use minicbor::{CborLen, Decode, Encode};
use sha2::{Digest, Sha256};

/// A name that does not have the form its kind of name must have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a {what}")]
pub struct BadName {
    pub what: &'static str,
    pub given: String,
}

/// In JSON a name is its text.
macro_rules! text_in_serde {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! byte_name {
    ($(#[$doc:meta])* $name:ident, $len:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, CborLen)]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] #[cbor(with = "minicbor::bytes")] pub [u8; $len]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER_PERMISSIVE.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = BadName;
            fn from_str(text: &str) -> Result<Self, BadName> {
                HEXLOWER_PERMISSIVE
                    .decode(text.as_bytes())
                    .ok()
                    .and_then(|bytes| <[u8; $len]>::try_from(bytes).ok())
                    .map(Self)
                    .ok_or_else(|| BadName { what: $what, given: text.chars().take(80).collect() })
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        text_in_serde!($name);
    };
}

byte_name!(
    /// SHA-256.
    Hash, 32, "hash of 64 hexadecimal digits"
);
byte_name!(
    /// One installation of a phone app, or the server's part in one station: the first half of
    /// the hash of its signing key.
    DeviceId, 16, "device of 32 hexadecimal digits"
);
byte_name!(
    /// A record: a UUID version 8 made from station, device and the device's record counter.
    RecordId, 16, "record of 32 hexadecimal digits"
);
byte_name!(
    /// The Automerge actor of one device in one record in one generation.
    ActorName, 16, "actor of 32 hexadecimal digits"
);

impl Hash {
    pub const ZERO: Hash = Hash([0; 32]);

    pub fn of(bytes: &[u8]) -> Hash {
        Hash(Sha256::digest(bytes).into())
    }

    /// The hash of several parts, each preceded by its length, so that no two lists of parts
    /// read as the same bytes. `domain` keeps the uses apart.
    pub fn of_parts(domain: &str, parts: &[&[u8]]) -> Hash {
        let mut hasher = Sha256::new();
        for part in std::iter::once(domain.as_bytes()).chain(parts.iter().copied()) {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        Hash(hasher.finalize().into())
    }

    fn first_half(self) -> [u8; 16] {
        let mut half = [0; 16];
        half.copy_from_slice(&self.0[..16]);
        half
    }
}

/// A station's code, such as `S00`: 1 to 16 letters, digits, `-` or `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, CborLen)]
#[cbor(transparent)]
pub struct StationId(#[n(0)] String);

/// A member's code at the station, such as `O0000` (工号): the same form as a station's code.
/// The person's name stands in the charter alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, CborLen)]
#[cbor(transparent)]
pub struct PersonId(#[n(0)] String);

macro_rules! code_name {
    ($name:ident, $what:literal) => {
        impl $name {
            pub fn new(code: &str) -> Result<Self, BadName> {
                let fits = (1..=16).contains(&code.len())
                    && code
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
                fits.then(|| Self(code.to_owned())).ok_or_else(|| BadName {
                    what: $what,
                    given: code.chars().take(80).collect(),
                })
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadName;
            fn from_str(code: &str) -> Result<Self, BadName> {
                Self::new(code)
            }
        }

        // Derived, a decoder would let through a code that `new` refuses.
        impl<'b, C> Decode<'b, C> for $name {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let at = d.position();
                Self::new(d.str()?).map_err(|_| minicbor::decode::Error::message($what).at(at))
            }
        }

        text_in_serde!($name);
    };
}

code_name!(StationId, "station code (1 to 16 letters, digits, - or _)");
code_name!(PersonId, "officer code (1 to 16 letters, digits, - or _)");

impl StationId {
    /// No station: before a phone is enrolled.
    pub fn none() -> StationId {
        StationId("-".to_owned())
    }
}

impl PersonId {
    /// The name under which the server writes what is nobody's own: imported stock.
    pub fn server() -> PersonId {
        PersonId("server".to_owned())
    }
}

impl DeviceId {
    /// The device that holds the signing key (SEC1, compressed).
    pub fn of_key(key: &[u8]) -> DeviceId {
        DeviceId(Hash::of_parts("wardbook device", &[key]).first_half())
    }

    /// Eight digits: what a page prints beside a row.
    pub fn short(&self) -> String {
        HEXLOWER_PERMISSIVE.encode(&self.0[..4])
    }
}

impl RecordId {
    /// The record that `device` made as its `counter`th in `station`.
    pub fn derive(station: &StationId, device: DeviceId, counter: u64) -> RecordId {
        let mut id = Hash::of_parts(
            "wardbook record",
            &[
                station.as_str().as_bytes(),
                &device.0,
                &counter.to_be_bytes(),
            ],
        )
        .first_half();
        id[6] = (id[6] & 0x0f) | 0x80;
        id[8] = (id[8] & 0x3f) | 0x80;
        RecordId(id)
    }
}

impl ActorName {
    /// The actor under which `device` writes in `record`. `g` grows by at least one whenever an
    /// act of the device in the record was held, because Automerge never takes a second change
    /// with a number it has seen.
    pub fn derive(station: &StationId, device: DeviceId, record: RecordId, g: u32) -> ActorName {
        ActorName(
            Hash::of_parts(
                "wardbook actor",
                &[
                    station.as_str().as_bytes(),
                    &device.0,
                    &record.0,
                    &g.to_be_bytes(),
                ],
            )
            .first_half(),
        )
    }

    /// The name of the `n`th row, member, step or mark that this actor made: 11 characters.
    pub fn key(&self, n: u64) -> String {
        let hash = Hash::of_parts("wardbook key", &[&self.0, &n.to_be_bytes()]);
        BASE64URL_NOPAD.encode(&hash.0[..8])
    }
}

/// One act: what one person did in one go on one device, whole or absent everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct ActId {
    #[n(0)]
    pub device: DeviceId,
    /// Counts the device's acts from 1 and never falls.
    #[n(1)]
    pub n: u64,
}

impl fmt::Display for ActId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L-{}-{}", self.device.short(), self.n)
    }
}

/// A state of the charter: `n` counts the charters of one lineage from 0. A server that was
/// restored from an older copy begins a new lineage.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, CborLen,
)]
#[cbor(array)]
pub struct Epoch {
    #[n(0)]
    pub lineage: u32,
    #[n(1)]
    pub n: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_id_is_a_uuid_of_version_8() {
        let station = StationId::new("S00").unwrap();
        let id = RecordId::derive(&station, DeviceId([7; 16]), 1);
        assert_eq!(id.0[6] >> 4, 8);
        assert_eq!(id.0[8] >> 6, 0b10);
        assert_eq!(id.to_string().parse::<RecordId>(), Ok(id));
    }

    #[test]
    fn parts_that_join_to_the_same_bytes_hash_apart() {
        assert_ne!(
            Hash::of_parts("x", &[b"ab", b"c"]),
            Hash::of_parts("x", &[b"a", b"bc"])
        );
    }

    #[test]
    fn a_key_has_eleven_characters() {
        let key = ActorName([1; 16]).key(0);
        assert_eq!(key.len(), 11);
        assert_ne!(key, ActorName([1; 16]).key(1));
    }

    #[test]
    fn a_code_with_a_slash_does_not_decode() {
        assert!(minicbor::decode::<StationId>(b"\x63a/b").is_err());
        assert_eq!(
            minicbor::decode::<StationId>(b"\x63a-b").unwrap().as_str(),
            "a-b"
        );
    }

    #[test]
    fn a_code_with_a_slash_is_refused_with_its_text() {
        assert_eq!(PersonId::new("a/b").unwrap_err().given, "a/b");
    }
}
