//! What does an envelope carry, once opened?

use super::act::{Act, BadPart};
use super::codec::BadBytes;
use super::merkle;
use super::statement::Statement;
use crate::ids::{Hash, RecordId};

/// The acts and statements of one envelope. An act that cannot be read is an error in its own
/// place and harms no other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    pub acts: Vec<Result<Act, BadBytes>>,
    /// In the server's envelopes only.
    pub statements: Vec<Statement>,
}

/// One change of a frame: what stands under the envelope's `change_root`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// Which act of the frame, from 0.
    pub act: usize,
    pub record: RecordId,
    /// The hash of the change.
    pub change: Hash,
    /// The leaf hash: H(0x00 || record || change hash).
    pub leaf: Hash,
}

/// A frame whose leaves are not all known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLeaves {
    #[error("act {index} of the frame cannot be read")]
    Act { index: usize, source: BadBytes },
    #[error("act {index} of the frame holds what is no change")]
    Part { index: usize, source: BadPart },
}

impl Frame {
    pub fn of(acts: Vec<Act>, statements: Vec<Statement>) -> Frame {
        Frame {
            acts: acts.into_iter().map(Ok).collect(),
            statements,
        }
    }

    /// The leaves of one act; `None` when there is no such act.
    pub fn act_leaves(&self, index: usize) -> Option<Result<Vec<Leaf>, BadLeaves>> {
        self.acts.get(index).map(|act| leaves_of(index, act))
    }

    /// All leaves in order, or the first act that hides its own.
    pub fn leaves(&self) -> Result<Vec<Leaf>, BadLeaves> {
        let mut leaves = Vec::new();
        for (index, act) in self.acts.iter().enumerate() {
            leaves.extend(leaves_of(index, act)?);
        }
        Ok(leaves)
    }

    /// What `change_root` must be.
    pub fn change_root(&self) -> Result<Hash, BadLeaves> {
        Ok(root_of(&self.leaves()?))
    }
}

fn leaves_of(index: usize, act: &Result<Act, BadBytes>) -> Result<Vec<Leaf>, BadLeaves> {
    match act {
        Ok(act) => act_leaves(index, act),
        Err(source) => Err(BadLeaves::Act {
            index,
            source: *source,
        }),
    }
}

pub(super) fn act_leaves(index: usize, act: &Act) -> Result<Vec<Leaf>, BadLeaves> {
    let changes = act
        .changes()
        .map_err(|source| BadLeaves::Part { index, source })?;
    let leaves = act.parts.iter().zip(changes).map(|(part, change)| Leaf {
        act: index,
        record: part.record,
        change,
        leaf: super::act::change_leaf(part.record, &change),
    });
    Ok(leaves.collect())
}

pub(super) fn root_of(leaves: &[Leaf]) -> Hash {
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf.leaf).collect();
    merkle::root(&hashes)
}
