//! What is the hash of a raw Automerge change, read from its header alone?
//!
//! A chunk is: magic, four bytes of checksum, one byte of type, the length of the contents as
//! unsigned LEB128, the contents. Its hash is SHA-256 from the type on, and the checksum is the
//! first four bytes of that. Automerge's own reader overlooks a wrong checksum.

use sha2::{Digest, Sha256};

use crate::ids::Hash;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE: u8 = 1;

/// Bytes that are not exactly one raw change chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadChange {
    #[error("no Automerge chunk")]
    Magic,
    #[error("chunk of type {0}, only raw changes (1) are taken")]
    Kind(u8),
    #[error("the length in the header is not that of the contents")]
    Length,
    #[error("the checksum is not that of the contents")]
    Checksum,
}

/// The hash of the raw change `chunk`, once its type, length and checksum are found right.
pub fn change_hash(chunk: &[u8]) -> Result<Hash, BadChange> {
    let (magic, rest) = chunk.split_first_chunk::<4>().ok_or(BadChange::Magic)?;
    let (checksum, hashed) = rest.split_first_chunk::<4>().ok_or(BadChange::Magic)?;
    if *magic != MAGIC {
        return Err(BadChange::Magic);
    }
    let (kind, rest) = hashed.split_first().ok_or(BadChange::Length)?;
    if *kind != CHANGE {
        return Err(BadChange::Kind(*kind));
    }
    let (length, contents) = take_leb(rest).ok_or(BadChange::Length)?;
    if length != contents.len() as u64 {
        return Err(BadChange::Length);
    }
    let hash = Hash(Sha256::digest(hashed).into());
    if hash.0[..4] == *checksum {
        Ok(hash)
    } else {
        Err(BadChange::Checksum)
    }
}

/// An unsigned LEB128 number in its shortest form, and what follows it.
fn take_leb(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (i, &byte) in bytes.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            let shortest = i == 0 || byte != 0;
            return shortest.then_some((value, &bytes[i + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use automerge::{AutoCommit, transaction::Transactable};

    use super::*;

    fn chunk(text: &str) -> (Vec<u8>, [u8; 32]) {
        let mut doc = AutoCommit::new();
        doc.put(automerge::ROOT, "note", text).unwrap();
        let change = doc.get_last_local_change().unwrap();
        (change.raw_bytes().to_vec(), change.hash().0)
    }

    #[test]
    fn the_hash_is_the_one_automerge_gives() {
        for text in ["", "短", &"长".repeat(5000)] {
            let (bytes, hash) = chunk(text);
            assert_eq!(change_hash(&bytes), Ok(Hash(hash)));
        }
    }

    #[test]
    fn every_byte_that_is_turned_over_is_noticed() {
        let (bytes, _) = chunk("巡查");
        for i in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[i] ^= 1;
            assert!(change_hash(&bad).is_err(), "byte {i}");
        }
    }

    #[test]
    fn every_cut_and_every_extra_byte_is_noticed() {
        let (mut bytes, _) = chunk("巡查");
        for i in 0..bytes.len() {
            assert!(change_hash(&bytes[..i]).is_err());
        }
        bytes.push(0);
        assert_eq!(change_hash(&bytes), Err(BadChange::Length));
    }

    #[test]
    fn a_length_written_longer_than_needed_is_refused() {
        assert_eq!(take_leb(&[0x80, 0x00]), None);
        assert_eq!(take_leb(&[0xff; 12]), None);
        assert_eq!(take_leb(&[0x81, 0x01, 7]), Some((129, &[7u8][..])));
    }
}
