//! Who signed this, and as what?
//!
//! ES256: ECDSA over P-256 and SHA-256, the signature 64 bytes r || s. A high s is accepted as
//! well as a low one: hardware keys and WebCrypto give either, and no hash of ours covers a
//! signature, so that one signed twice is no second thing. Every kind of signed message begins
//! with its own domain, so that a signature given for one kind never stands for another.

use std::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};

use super::codec::{from_newer, to_bytes};
use crate::ids::DeviceId;

/// ES256, the one algorithm there is. Another number is room for SM2.
pub const ES256: u8 = 1;
/// r || s.
pub const SIGNATURE: usize = 64;
/// A public key: SEC1, compressed.
pub const PUBLIC_KEY: usize = 33;

/// Whether `sig` (64 bytes) is a signature of `message` under `public` (SEC1, compressed, 33
/// bytes). Anything of another form is no signature.
pub fn verify(public: &[u8], message: &[u8], sig: &[u8]) -> bool {
    if public.len() != PUBLIC_KEY {
        return false;
    }
    let (Ok(key), Ok(sig)) = (
        VerifyingKey::from_sec1_bytes(public),
        Signature::from_slice(sig),
    ) else {
        return false;
    };
    key.verify(message, &sig).is_ok()
}

/// Whether `public` is a point of the curve in the form [`verify`] takes.
pub fn is_public_key(public: &[u8]) -> bool {
    public.len() == PUBLIC_KEY && VerifyingKey::from_sec1_bytes(public).is_ok()
}

/// `domain`, a zero byte, `bytes`: what is signed.
pub fn in_domain(domain: &str, bytes: &[u8]) -> Vec<u8> {
    [domain.as_bytes(), &[0], bytes].concat()
}

/// A message that is signed under a domain of its own.
pub trait Signable: Encode<()> + for<'b> Decode<'b, ()> {
    const DOMAIN: &'static str;

    /// What the key signs.
    fn sign_bytes(&self) -> Vec<u8> {
        in_domain(Self::DOMAIN, &to_bytes(self))
    }
}

/// A message with its signature. It keeps the bytes it arrived in, so that a field this release
/// does not know stays under the signature and is passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<T> {
    pub message: T,
    bytes: Vec<u8>,
    sig: Vec<u8>,
}

impl<T: Signable> Signed<T> {
    /// `sig` is the signature of `message.sign_bytes()`.
    pub fn new(message: T, sig: Vec<u8>) -> Self {
        let bytes = to_bytes(&message);
        Signed {
            message,
            bytes,
            sig,
        }
    }

    pub fn by(key: &SoftKey, message: T) -> Self {
        let sig = key.sign(&message.sign_bytes());
        Self::new(message, sig)
    }

    pub fn verify(&self, public: &[u8]) -> bool {
        verify(public, &in_domain(T::DOMAIN, &self.bytes), &self.sig)
    }

    pub fn sig(&self) -> &[u8] {
        &self.sig
    }
}

impl<T, C> Encode<C> for Signed<T> {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(2)?.bytes(&self.bytes)?.bytes(&self.sig)?;
        Ok(())
    }
}

impl<'b, T: Signable, C> Decode<'b, C> for Signed<T> {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        let wrong = |what| minicbor::decode::Error::message(what).at(at);
        if d.array()? != Some(2) {
            return Err(wrong("not a message and its signature"));
        }
        let (bytes, sig) = (d.bytes()?.to_vec(), d.bytes()?.to_vec());
        if sig.len() != SIGNATURE {
            return Err(wrong("a signature has 64 bytes"));
        }
        let message = from_newer(&bytes).map_err(|_| wrong("the signed message is malformed"))?;
        Ok(Signed {
            message,
            bytes,
            sig,
        })
    }
}

/// A signing key in memory: for the server, the terminal phone and the simulator. Its nonces are
/// derived (RFC 6979), so one message always has one signature.
#[derive(Clone)]
pub struct SoftKey(SigningKey);

impl SoftKey {
    /// From 32 secret bytes; `None` for the few that are no scalar (zero, or not below the order).
    pub fn from_secret(secret: &[u8; 32]) -> Option<SoftKey> {
        SigningKey::from_slice(secret).ok().map(SoftKey)
    }

    /// r || s over `message`, which already begins with its domain.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let sig: Signature = self.0.sign(message);
        sig.to_bytes().to_vec()
    }

    /// SEC1, compressed, 33 bytes.
    pub fn public(&self) -> Vec<u8> {
        self.0
            .verifying_key()
            .to_sec1_point(true)
            .as_bytes()
            .to_vec()
    }

    pub fn device(&self) -> DeviceId {
        DeviceId::of_key(&self.public())
    }
}

impl fmt::Debug for SoftKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftKey({})", self.device().short())
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    #[test]
    fn the_signature_of_the_rfc_6979_example_comes_out() {
        let secret = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
        let secret: [u8; 32] = HEXLOWER
            .decode(secret.as_bytes())
            .unwrap()
            .try_into()
            .unwrap();
        let key = SoftKey::from_secret(&secret).unwrap();
        assert_eq!(
            HEXLOWER.encode(&key.sign(b"sample")),
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
             f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
        );
        assert_eq!(
            HEXLOWER.encode(&key.public()),
            "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        );
        assert!(is_public_key(&key.public()));
    }

    #[test]
    fn a_low_and_a_high_s_both_hold_and_nothing_else_does() {
        let key = SoftKey::from_secret(&[7; 32]).unwrap();
        let sig = key.sign(b"message");
        let low = Signature::from_slice(&sig).unwrap().normalize_s();
        let (r, s) = low.split_scalars();
        let high = Signature::from_scalars(r, -s).unwrap();
        assert!(verify(&key.public(), b"message", &low.to_bytes()));
        assert!(verify(&key.public(), b"message", &high.to_bytes()));
        assert!(!verify(&key.public(), b"messagf", &sig));
        assert!(!verify(&key.public(), b"message", &sig[..63]));
        assert!(!verify(&key.public()[..32], b"message", &sig));
        assert!(!verify(&[], b"message", &[0; 64]));
    }

    #[test]
    fn no_secret_is_shown_by_debug() {
        let key = SoftKey::from_secret(&[7; 32]).unwrap();
        assert_eq!(
            format!("{key:?}"),
            format!("SoftKey({})", key.device().short())
        );
    }
}
