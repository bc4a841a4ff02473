//! Is this request of these days?
//!
//! A nonce is a day number and its HMAC-SHA256, cut to 16 bytes, under a key that all replicas
//! of the server share. It needs no memory at the server and is good for 30 days.

use hmac::{Hmac, KeyInit, Mac};
use minicbor::{Decode, Encode};
use sha2::Sha256;

/// Days for which a nonce is good.
pub const DAYS: u32 = 30;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A day, as the server vouches for it: its number since 1970 (4 bytes, big-endian) and 16 bytes
/// of its HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Nonce(
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub [u8; 20],
);

/// The nonce of the day of `now` (ms since 1970).
pub fn issue(key: &[u8; 32], now: i64) -> Nonce {
    let day = day_of(now).to_be_bytes();
    let mut nonce = [0; 20];
    nonce[..4].copy_from_slice(&day);
    let tag = mac(key, day).finalize().into_bytes();
    nonce[4..].copy_from_slice(&tag[..16]);
    Nonce(nonce)
}

/// Whether `nonce` was issued under `key` at most [`DAYS`] days before `now` (ms since 1970). A
/// day ahead is taken too: replicas' clocks differ. The tag is compared in constant time.
pub fn valid(key: &[u8; 32], nonce: &Nonce, now: i64) -> bool {
    let [a, b, c, d, tag @ ..] = &nonce.0;
    let day = [*a, *b, *c, *d];
    let (given, today) = (u32::from_be_bytes(day), day_of(now));
    given <= today.saturating_add(1)
        && today.saturating_sub(given) <= DAYS
        && mac(key, day).verify_truncated_left(tag).is_ok()
}

fn mac(key: &[u8; 32], day: [u8; 4]) -> Hmac<Sha256> {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => mac.chain_update(b"wardbook nonce\0").chain_update(day),
        Err(_) => unreachable!("HMAC takes a key of any length"),
    }
}

fn day_of(now: i64) -> u32 {
    u32::try_from(now.div_euclid(DAY_MS)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_760_000_000_000;

    #[test]
    fn a_nonce_is_good_for_thirty_days_and_not_longer() {
        let nonce = issue(&[1; 32], NOW);
        assert!(valid(&[1; 32], &nonce, NOW));
        assert!(valid(&[1; 32], &nonce, NOW + 30 * DAY_MS));
        assert!(!valid(&[1; 32], &nonce, NOW + 31 * DAY_MS));
    }

    #[test]
    fn a_nonce_of_another_key_or_another_day_is_refused() {
        let mut nonce = issue(&[1; 32], NOW);
        assert!(!valid(&[2; 32], &nonce, NOW));
        nonce.0[3] ^= 1;
        assert!(!valid(&[1; 32], &nonce, NOW));
    }

    #[test]
    fn a_replica_whose_clock_is_a_day_behind_takes_the_nonce() {
        let nonce = issue(&[1; 32], NOW);
        assert!(valid(&[1; 32], &nonce, NOW - DAY_MS));
        assert!(!valid(&[1; 32], &nonce, NOW - 2 * DAY_MS));
        assert!(!valid(&[1; 32], &nonce, i64::MIN));
    }
}
