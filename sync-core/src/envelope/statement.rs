//! What can only the server say?

use minicbor::{Decode, Decoder, Encode, Encoder};

use super::codec::{from_bytes, to_bytes};
use super::delta::CharterDelta;
use crate::ids::{ActId, Hash, RecordId};

/// A statement of the server: `[tag, bytes]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    Charter(CharterDelta),
    Verdict(Verdict),
    Number(Number),
    /// An order to forget a person. Reserved: kept and relayed.
    Order(Vec<u8>),
    /// The seal of a page. Reserved: kept and relayed.
    Seal(Vec<u8>),
    /// What this release cannot read, by its tag or by its contents: kept and relayed.
    Other {
        tag: u32,
        bytes: Vec<u8>,
    },
}

/// What became of an act.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Verdict {
    #[n(0)]
    pub act: ActId,
    /// The envelope that carried it.
    #[n(1)]
    pub envelope: Hash,
    /// Which rule, as a stable word.
    #[n(2)]
    pub code: String,
    /// For the officer: what and where.
    #[n(3)]
    pub detail: String,
    #[n(4)]
    pub outcome: Outcome,
}

/// What a verdict does with the act. Final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Outcome {
    /// Kept and not merged.
    #[n(0)]
    Held,
    /// Written anew by the server, as this act.
    #[n(1)]
    Rewritten {
        #[n(0)]
        as_: ActId,
    },
    /// Held before, and now let in by a chief: written anew.
    #[n(2)]
    Released,
}

/// A register number, given once and gap-free in its book and year.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Number {
    #[n(0)]
    pub book: String,
    #[n(1)]
    pub year: i32,
    /// Counts from 1.
    #[n(2)]
    pub n: u64,
    #[n(3)]
    pub record: RecordId,
    /// The workflow step that drew the number.
    #[n(4)]
    pub step: String,
    /// ms since 1970.
    #[n(5)]
    pub at: i64,
    /// As printed.
    #[n(6)]
    pub text: String,
}

const CHARTER: u32 = 1;
const VERDICT: u32 = 2;
const NUMBER: u32 = 3;
const ORDER: u32 = 4;
const SEAL: u32 = 5;

impl Statement {
    fn read(tag: u32, bytes: &[u8]) -> Statement {
        let known = match tag {
            CHARTER => from_bytes(bytes).ok().map(Statement::Charter),
            VERDICT => from_bytes(bytes).ok().map(Statement::Verdict),
            NUMBER => from_bytes(bytes).ok().map(Statement::Number),
            ORDER => Some(Statement::Order(bytes.to_vec())),
            SEAL => Some(Statement::Seal(bytes.to_vec())),
            _ => None,
        };
        known.unwrap_or_else(|| Statement::Other {
            tag,
            bytes: bytes.to_vec(),
        })
    }
}

impl<C> Encode<C> for Statement {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(2)?;
        match self {
            Statement::Charter(delta) => e.u32(CHARTER)?.bytes(&to_bytes(delta))?,
            Statement::Verdict(verdict) => e.u32(VERDICT)?.bytes(&to_bytes(verdict))?,
            Statement::Number(number) => e.u32(NUMBER)?.bytes(&to_bytes(number))?,
            Statement::Order(bytes) => e.u32(ORDER)?.bytes(bytes)?,
            Statement::Seal(bytes) => e.u32(SEAL)?.bytes(bytes)?,
            Statement::Other { tag, bytes } => e.u32(*tag)?.bytes(bytes)?,
        };
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Statement {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        if d.array()? != Some(2) {
            return Err(minicbor::decode::Error::message("not a tag and its bytes").at(at));
        }
        Ok(Statement::read(d.u32()?, d.bytes()?))
    }
}
