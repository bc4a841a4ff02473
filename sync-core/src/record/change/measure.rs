//! What decoding a change would cost, read off its headers without decoding it.

use super::{BadChange, MAX_DEPS, MAX_KEY_BYTES, MAX_OPS_A_CHANGE};
use crate::ids::{ActorName, Hash};

const MAX_COLUMNS: u64 = 32;

/// Reads a change chunk's header and column headers and counts what decoding would cost, without
/// decoding. 70 bytes can say a thousand million operations.
///
/// Returns the number of operations that the longest column speaks of.
pub fn measure(bytes: &[u8]) -> Result<usize, BadChange> {
    let mut chunk = Reader {
        bytes,
        what: "header",
    };
    if chunk.take(4)? != [0x85, 0x6f, 0x4a, 0x83] {
        return Err(BadChange::NotARawChange("no chunk begins here"));
    }
    let checksum = chunk.take(4)?;
    if chunk.take(1)? != [1] {
        return Err(BadChange::NotARawChange("it is a document or is deflated"));
    }
    let length = chunk.unsigned()?;
    if length != chunk.bytes.len() as u64 {
        return Err(BadChange::NotARawChange(
            "its length is not that of the bytes",
        ));
    }
    if Hash::of(&bytes[8..]).0[..4] != *checksum {
        return Err(BadChange::Checksum);
    }

    let mut body = Reader {
        bytes: chunk.bytes,
        what: "preamble",
    };
    let deps = body.unsigned()?;
    if deps > MAX_DEPS as u64 {
        return Err(BadChange::TooManyDependencies);
    }
    body.take(deps * 32)?;
    body.sized()?; // the actor
    body.unsigned()?; // seq
    body.unsigned()?; // start_op
    body.signed()?; // time
    body.sized()?; // message
    let actors = body.unsigned()?;
    for _ in 0..actors {
        body.sized()?;
    }
    let columns = body.unsigned()?;
    if columns > MAX_COLUMNS {
        return Err(BadChange::NotARawChange(
            "it has more columns than there are kinds of them",
        ));
    }
    let mut specs = Vec::new();
    for _ in 0..columns {
        specs.push((body.unsigned()?, body.unsigned()?));
    }
    let mut operations = 0;
    for (spec, length) in specs {
        if spec & 0b1000 != 0 {
            return Err(BadChange::NotARawChange("a column is deflated"));
        }
        let rows = measure_column(spec & 0b111, body.take(length)?)?;
        operations = operations.max(rows);
    }
    Ok(operations)
}

const GROUP: u64 = 0;
const DELTA: u64 = 3;
const BOOLEAN: u64 = 4;
const STRING: u64 = 5;
const RAW_VALUES: u64 = 7;

/// How many rows a column has.
pub(super) fn measure_column(kind: u64, bytes: &[u8]) -> Result<usize, BadChange> {
    let mut column = Reader {
        bytes,
        what: "columns",
    };
    let mut rows = Count {
        left: MAX_OPS_A_CHANGE as u64,
        or: BadChange::TooManyOperations,
    };
    let mut grouped = rows.clone();
    let mut key_bytes = Count {
        left: MAX_KEY_BYTES,
        or: BadChange::KeysTooLong,
    };
    if kind == RAW_VALUES {
        return Ok(0);
    }
    while !column.bytes.is_empty() {
        if kind == BOOLEAN {
            rows.spend(column.unsigned()?, 1)?;
            continue;
        }
        let run = column.signed()?;
        let (values, times) = match run {
            0 => {
                rows.spend(column.unsigned()?, 1)?;
                continue;
            }
            1.. => (1, run.unsigned_abs()),
            ..0 => (run.unsigned_abs(), 1),
        };
        rows.spend(values, times)?;
        for _ in 0..values {
            match kind {
                STRING => key_bytes.spend(column.sized()?, times)?,
                DELTA => {
                    column.signed()?;
                }
                GROUP => grouped.spend(column.unsigned()?, times)?,
                _ => {
                    column.unsigned()?;
                }
            }
        }
    }
    Ok(MAX_OPS_A_CHANGE - rows.left as usize)
}

/// The actor that a change chunk names, read without decoding anything else.
pub fn actor_of(bytes: &[u8]) -> Option<ActorName> {
    let mut chunk = Reader {
        bytes: bytes.get(9..)?,
        what: "header",
    };
    chunk.unsigned().ok()?; // its length
    let deps = chunk.unsigned().ok()?;
    chunk.take(deps.checked_mul(32)?).ok()?;
    let length = chunk.unsigned().ok()?;
    let actor = chunk.take(length).ok()?;
    <[u8; 16]>::try_from(actor).ok().map(ActorName)
}

#[derive(Clone)]
struct Count {
    left: u64,
    or: BadChange,
}

impl Count {
    fn spend(&mut self, amount: u64, times: u64) -> Result<(), BadChange> {
        match amount
            .checked_mul(times)
            .and_then(|cost| self.left.checked_sub(cost))
        {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(self.or.clone()),
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], BadChange> {
        let (taken, rest) = usize::try_from(length)
            .ok()
            .and_then(|length| self.bytes.split_at_checked(length))
            .ok_or(BadChange::Truncated(self.what))?;
        self.bytes = rest;
        Ok(taken)
    }

    /// Skips bytes preceded by their length, and returns the length.
    fn sized(&mut self) -> Result<u64, BadChange> {
        let length = self.unsigned()?;
        self.take(length)?;
        Ok(length)
    }

    fn unsigned(&mut self) -> Result<u64, BadChange> {
        Ok(self.number()?.0)
    }

    fn signed(&mut self) -> Result<i64, BadChange> {
        let (value, bits) = self.number()?;
        let unused = 64 - bits;
        Ok((value.cast_signed() << unused) >> unused)
    }

    /// A number in LEB128, and how many bits of it were written.
    fn number(&mut self) -> Result<(u64, u32), BadChange> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((value, (shift + 7).min(64)));
            }
        }
        Err(BadChange::Undecodable(format!(
            "a number in its {} is too long",
            self.what
        )))
    }
}
