//! What does the chief give to somebody whose phone is to join?
//!
//! `S00-7K3QF-M2XWD-9TBHA-0PQ4R-C8VNE-6Z1JS-WG5TD`: the station, then 35 characters of an alphabet
//! without those that are mistaken for each other. 16 of them are a secret, 16 say which key the
//! server signs with, and 3 tell a typing mistake. Case, blanks and hyphens do not matter, nor I,
//! L, O for 1, 1, 0.
//!
//! The secret never travels. A signing key is derived from it: the server keeps the hash of its
//! public half, and a request to join is signed with it over the keys that are to be enrolled. So
//! whoever reads the request, the server's database or a backup of it can enrol nothing.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::envelope::SoftKey;
use crate::envelope::sign::{Signable, verify};
use crate::ids::{DeviceId, Hash, StationId};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUP: usize = 5;
/// Characters for 10 bytes.
const HALF: usize = 16;
const CHECK: usize = 3;
const LETTERS: usize = 2 * HALF + CHECK;

/// Which key a server signs with in a station, in 80 bits: as hard to meet with another key as a
/// secret of 80 bits is to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Fingerprint(
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    [u8; 10],
);

impl Fingerprint {
    /// `sign_key`: SEC1, compressed.
    pub fn of(station: &StationId, sign_key: &[u8]) -> Fingerprint {
        let parts = [station.as_str().as_bytes(), sign_key];
        let hash = Hash::of_parts("wardbook server fingerprint", &parts);
        let mut short = [0; 10];
        short.copy_from_slice(&hash.0[..10]);
        Fingerprint(short)
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct JoinCode {
    station: StationId,
    secret: [u8; 10],
    server: Fingerprint,
}

/// A code is a secret: it is shown to the person it is made for and nowhere else.
impl fmt::Debug for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinCode({}, ..)", self.station)
    }
}

/// Why what was typed is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCode {
    #[error(
        "a join code has the station and {LETTERS} characters, this has {found} in all: type the whole code, or ask for a new one if it is from an earlier release"
    )]
    Short { found: usize },
    #[error("{0:?} is not in any join code: compare it with the paper")]
    Letter(char),
    #[error(
        "the join code has a typing mistake: compare it with the paper, character by character"
    )]
    Mistyped,
}

impl JoinCode {
    /// `secret`: 10 bytes that nobody can guess. `sign_key`: the server's, SEC1, compressed.
    pub fn new(station: StationId, secret: [u8; 10], sign_key: &[u8]) -> JoinCode {
        JoinCode {
            server: Fingerprint::of(&station, sign_key),
            station,
            secret,
        }
    }

    /// Reads a code as a person typed it.
    pub fn parse(text: &str) -> Result<JoinCode, BadCode> {
        let typed: Vec<char> = text
            .chars()
            .map(plain)
            .filter(|c| !c.is_whitespace())
            .take(128)
            .collect();
        let is_letter = |at: &usize| typed[*at] != '-';
        let letters: Vec<usize> = (0..typed.len()).filter(is_letter).collect();
        let Some(first) = letters
            .len()
            .checked_sub(LETTERS)
            .filter(|first| *first > 0)
        else {
            let found = letters.len();
            return Err(BadCode::Short { found });
        };
        let mut values = [0; LETTERS];
        for (value, at) in values.iter_mut().zip(&letters[first..]) {
            *value = value_of(typed[*at])?;
        }
        let name: String = typed[..letters[first]].iter().collect();
        let name = name.trim_end_matches('-');
        let (said, check) = values.split_at(2 * HALF);
        // A station's name may hold small letters; who types none means the great ones.
        let names = [name.to_owned(), name.to_uppercase()];
        let station = names.iter().find_map(|name| {
            let station = StationId::new(name).ok()?;
            (check_of(&station, said) == check).then_some(station)
        });
        Ok(JoinCode {
            station: station.ok_or(BadCode::Mistyped)?,
            secret: bytes(&said[..HALF]),
            server: Fingerprint(bytes(&said[HALF..])),
        })
    }

    pub fn station(&self) -> &StationId {
        &self.station
    }

    /// The key by which the server that made the code is known.
    pub fn server(&self) -> Fingerprint {
        self.server
    }

    /// What proves that somebody holds the code.
    pub fn key(&self) -> SoftKey {
        let station = self.station.as_str().as_bytes();
        // Almost every 32 bytes are a key; those that are none are drawn again.
        let drawn = (0..=u8::MAX).find_map(|round| {
            let parts = [station, &self.secret, &self.server.0, &[round]];
            SoftKey::from_secret(&Hash::of_parts("wardbook join code", &parts).0)
        });
        match drawn {
            Some(key) => key,
            None => unreachable!("one hash in 2^32 is no key, and 256 of them are not found"),
        }
    }

    /// The code as it is printed and typed.
    pub fn reveal(&self) -> String {
        let said: Vec<u8> = [letters(&self.secret), letters(&self.server.0)].concat();
        let check = check_of(&self.station, &said);
        let values = [said.as_slice(), &check].concat();
        let mut text = self.station.to_string();
        for group in values.chunks(GROUP) {
            text.push('-');
            text.extend(group.iter().map(|v| char::from(ALPHABET[usize::from(*v)])));
        }
        text
    }
}

/// That the sender holds a code, and for which keys.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CodeProof {
    /// The public half of [`JoinCode::key`]; the server knows its hash.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub key: Vec<u8>,
    /// The server that the code was made by.
    #[n(1)]
    pub server: Fingerprint,
    /// Its signature of the [`Enrolment`].
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    sig: Vec<u8>,
}

/// What a code is used for. The rest of a request is under the signature of `sign_key`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Enrolment {
    #[n(0)]
    pub station: StationId,
    #[n(1)]
    pub server: Fingerprint,
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub sign_key: Vec<u8>,
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub agree_key: Vec<u8>,
    #[n(4)]
    pub replaces: Option<DeviceId>,
}

impl Signable for Enrolment {
    const DOMAIN: &'static str = "wardbook enrolment";
}

impl CodeProof {
    pub fn new(code: &JoinCode, enrolment: &Enrolment) -> CodeProof {
        let key = code.key();
        CodeProof {
            key: key.public(),
            server: code.server,
            sig: key.sign(&enrolment.sign_bytes()),
        }
    }

    pub fn proves(&self, enrolment: &Enrolment) -> bool {
        self.server == enrolment.server && verify(&self.key, &enrolment.sign_bytes(), &self.sig)
    }
}

/// A character as the code has it, whatever the keyboard makes of it.
fn plain(c: char) -> char {
    match c {
        // The wide forms of a Chinese keyboard.
        '\u{ff01}'..='\u{ff5e}' => u8::try_from(u32::from(c) - 0xfee0).map_or(c, char::from),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c => c,
    }
}

fn value_of(c: char) -> Result<u8, BadCode> {
    let folded = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let at = ALPHABET
        .iter()
        .position(|known| char::from(*known) == folded);
    at.and_then(|at| u8::try_from(at).ok())
        .ok_or(BadCode::Letter(c))
}

fn letters(bytes: &[u8; 10]) -> [u8; HALF] {
    let number = bytes
        .iter()
        .fold(0u128, |n, byte| n << 8 | u128::from(*byte));
    std::array::from_fn(|at| (number >> (5 * (HALF - 1 - at)) & 31) as u8)
}

fn bytes(letters: &[u8]) -> [u8; 10] {
    let number = letters
        .iter()
        .fold(0u128, |n, letter| n << 5 | u128::from(*letter));
    std::array::from_fn(|at| (number >> (8 * (9 - at)) & 255) as u8)
}

/// A cyclic sum of 15 bits: it tells every mistake within three neighbouring characters, such as a
/// wrong one or two that changed places, and of all others all but one in 32768.
fn check_of(station: &StationId, letters: &[u8]) -> [u8; CHECK] {
    const POLYNOMIAL: u16 = 0x4599;
    let mut sum = 0x7fff_u16;
    let mut take = |value: u8, bits: u32| {
        for bit in (0..bits).rev() {
            let out = (sum >> 14 & 1) ^ u16::from(value >> bit & 1);
            sum = (sum << 1 & 0x7fff) ^ (out * POLYNOMIAL);
        }
    };
    station.as_str().bytes().for_each(|byte| take(byte, 8));
    letters.iter().for_each(|letter| take(*letter, 5));
    [10, 5, 0].map(|shift| (sum >> shift & 31) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> JoinCode {
        let station = StationId::new("S-00").unwrap();
        let server = SoftKey::from_secret(&[7; 32]).unwrap();
        JoinCode::new(station, *b"0123456789", &server.public())
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let shown = code().reveal();
        assert_eq!(shown.len(), "S-00".len() + 7 * 6);
        let wide: String = shown
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap())
            .collect();
        let typed = [
            shown.clone(),
            format!(" {}\n", shown.to_lowercase()),
            shown.replacen('-', " - ", 4),
            shown[5..]
                .replace('-', "")
                .replace('0', "o")
                .replace('1', "L"),
            shown.replace('0', "O").replace('1', "i"),
            wide,
        ];
        for (at, typed) in typed.iter().enumerate() {
            let typed = match at {
                3 => format!("S-00-{typed}"),
                4 => typed.replacen("S-OO", "S-00", 1),
                _ => typed.clone(),
            };
            assert_eq!(JoinCode::parse(&typed), Ok(code()), "{typed}");
        }
    }

    #[test]
    fn every_wrong_character_and_every_two_that_changed_places_are_told() {
        let shown: Vec<char> = code().reveal().chars().collect();
        let places: Vec<usize> = (5..shown.len()).filter(|at| shown[*at] != '-').collect();
        for (nth, at) in places.iter().enumerate() {
            for other in ALPHABET {
                let mut typed = shown.clone();
                typed[*at] = char::from(*other);
                let read = JoinCode::parse(&typed.iter().collect::<String>());
                match typed == shown {
                    true => assert_eq!(read, Ok(code())),
                    false => assert_eq!(read, Err(BadCode::Mistyped)),
                }
            }
            let Some(next) = places.get(nth + 1) else {
                continue;
            };
            let mut typed = shown.clone();
            typed.swap(*at, *next);
            let read = JoinCode::parse(&typed.iter().collect::<String>());
            assert_eq!(read.is_ok(), typed == shown);
        }
    }

    #[test]
    fn what_is_no_code_is_told_before_anything_is_sent() {
        let shown = code().reveal();
        let mistaken = |text: &str| JoinCode::parse(text).unwrap_err();
        assert_eq!(mistaken(""), BadCode::Short { found: 0 });
        assert_eq!(mistaken("---"), BadCode::Short { found: 0 });
        // As earlier releases made them.
        let found = 18;
        assert_eq!(mistaken("S00-7K3QF-M2XWD-9TBHA"), BadCode::Short { found });
        assert_eq!(mistaken(&shown[..shown.len() - 1]), BadCode::Mistyped);
        assert_eq!(
            mistaken(&shown.replacen("S-00", "S-01", 1)),
            BadCode::Mistyped
        );
        assert_eq!(
            mistaken(&shown.replacen("S-00", "S/00", 1)),
            BadCode::Mistyped
        );
        let ends = format!("{}U", &shown[..shown.len() - 1]);
        assert_eq!(mistaken(&ends), BadCode::Letter('U'));
        assert_eq!(mistaken(&"Z".repeat(10_000)), BadCode::Mistyped);
        assert!(JoinCode::parse(&"站".repeat(10_000)).is_err());
    }

    #[test]
    fn a_code_proves_the_keys_it_was_used_for_and_no_others() {
        let (code, device) = (code(), SoftKey::from_secret(&[8; 32]).unwrap());
        let enrolment = Enrolment {
            station: code.station().clone(),
            server: code.server(),
            sign_key: device.public(),
            agree_key: Vec::new(),
            replaces: None,
        };
        let proof = CodeProof::new(&code, &enrolment);
        assert!(proof.proves(&enrolment));
        let thief = SoftKey::from_secret(&[9; 32]).unwrap();
        let changed = [
            Enrolment {
                sign_key: thief.public(),
                ..enrolment.clone()
            },
            Enrolment {
                agree_key: thief.public(),
                ..enrolment.clone()
            },
            Enrolment {
                replaces: Some(thief.device()),
                ..enrolment.clone()
            },
            Enrolment {
                station: StationId::new("S-01").unwrap(),
                ..enrolment.clone()
            },
            Enrolment {
                server: Fingerprint::of(code.station(), &thief.public()),
                ..enrolment
            },
        ];
        for enrolment in changed {
            assert!(!proof.proves(&enrolment));
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", code()), "JoinCode(S-00, ..)");
    }
}
