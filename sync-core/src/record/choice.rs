//! Settling on a value that stands already.
//!
//! Where several values stand and the one that Automerge shows first is put once more, it writes
//! no value but deletes the others. Nothing is deleted in a record, and the choice is the
//! person's own word: it is said as a value that replaces all of them.

use automerge::legacy::{Key, OpId, OpType};
use automerge::transaction::Transaction;
use automerge::{AutomergeError, Change, ObjId, ReadDoc, ScalarValue, Value};

/// A value that was put where it stood first among several.
#[derive(Debug)]
pub struct Choice {
    value: ScalarValue,
    stood: OpId,
}

impl Choice {
    /// What putting `value` there would choose.
    pub fn of(
        tx: &Transaction<'_>,
        object: &ObjId,
        key: &str,
        value: &ScalarValue,
    ) -> Result<Option<Choice>, AutomergeError> {
        let Some((Value::Scalar(first), ObjId::Id(counter, actor, _))) = tx.get(object, key)?
        else {
            return Ok(None);
        };
        let chooses = *first == *value && tx.get_all(object, key)?.len() > 1;
        Ok(chooses.then(|| Choice {
            value: value.clone(),
            stood: OpId(counter, actor),
        }))
    }
}

/// The change with every choice said as a value. The pen deletes nothing under a key, so that
/// each deletion there is a choice, in the order in which they were made.
pub fn said(change: &Change, choices: Vec<Choice>) -> Change {
    let mut change = change.decode();
    let mut choices = choices.into_iter();
    for at in 0..change.operations.len() {
        let (done, later) = change.operations.split_at_mut(at + 1);
        let op = &mut done[at];
        if !matches!((&op.key, &op.action), (Key::Map(_), OpType::Delete)) {
            continue;
        }
        let Some(Choice { value, stood }) = choices.next() else {
            break;
        };
        op.action = OpType::Put(value);
        op.pred = op.pred.iter().cloned().chain([stood.clone()]).collect();
        let id = OpId(change.start_op.get() + at as u64, change.actor_id.clone());
        for next in later {
            if next.obj == op.obj && next.key == op.key {
                let replaced = next.pred.iter().map(|pred| match *pred == stood {
                    true => id.clone(),
                    false => pred.clone(),
                });
                next.pred = replaced.collect();
            }
        }
    }
    Change::from(change)
}
