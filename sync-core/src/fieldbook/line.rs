//! One import line becomes one act, once.

use super::batch::{Batch, Stop};
use super::door::{Deed, Now, Reply};
use super::import::{Line, edits};
use super::index::Bearer;
use super::refusal::Refusal;
use super::rows;
use super::shelf::Shelf;
use super::state::State;
use crate::ids::{ActId, Hash, RecordId};
use crate::record::view::View;

/// Where in which file, and what it says.
pub struct Play<'t> {
    pub file: Hash,
    pub line: u64,
    pub text: &'t str,
    pub then: Option<&'t str>,
}

pub fn play(
    batch: &mut Batch<'_>,
    state: &mut State,
    shelf: &mut Shelf,
    now: Now,
    it: Play<'_>,
) -> Result<Reply, Stop> {
    let device = state.enrolled()?.device;
    let key = rows::line_key(it.file, it.line);
    let wrong = |what: String| {
        Stop::Refused(Refusal::Line {
            line: it.line,
            what,
        })
    };
    let first = Line::read(it.text).map_err(wrong)?;
    batch.want(&key);
    batch.want(&rows::external_key(first.id()));
    batch.ready()?;
    if let Some(n) = batch.get::<u64>(&key)? {
        let act = ActId { device, n };
        return Ok(Reply::Skipped { act });
    }
    let second = it.then.map(Line::read).transpose().map_err(wrong)?;
    let (_, catalogue) = state.writing().ok_or(Refusal::NoCatalogue(Hash::ZERO))?;
    let mut deeds = Vec::new();
    if let Line::Create { id, kind, .. } = &first {
        let bearers: Vec<Bearer> = batch.get(&rows::external_key(id))?.unwrap_or_default();
        if bearers.iter().any(|bearer| bearer.own) {
            return Err(wrong(format!("this phone has a record {id} already")));
        }
        let known = || {
            let known = catalogue.kinds.keys().cloned().collect::<Vec<_>>();
            wrong(format!("no kind {kind}; known: {}", known.join(", ")))
        };
        let of_kind = catalogue.kinds.get(kind).ok_or_else(known)?;
        deeds.push(Deed::Create {
            kind: kind.clone(),
            external_id: Some(id.clone()),
            edits: edits(&first, of_kind).map_err(wrong)?,
        });
    } else {
        for line in [Some(&first), second.as_ref()].into_iter().flatten() {
            let record = find(batch, line.id(), wrong)?;
            shelf.fetch(batch, [&record])?;
            let kind = shelf.history(record).map(|history| View::of(history).kind);
            let kind = kind.and_then(|kind| catalogue.kinds.get(&kind));
            let kind =
                kind.ok_or_else(|| wrong(format!("the kind of {} is not known", line.id())))?;
            deeds.push(Deed::Change {
                record,
                edits: edits(line, kind).map_err(wrong)?,
            });
        }
    }
    let reply =
        super::act::record(batch, state, shelf, now, deeds, None).map_err(|stop| match stop {
            Stop::Refused(why) => wrong(why.to_string()),
            Stop::Missing => Stop::Missing,
        })?;
    batch.put(key, &state.own.last_act);
    Ok(reply)
}

/// The phone's own record of that id, else the only one.
fn find(batch: &mut Batch<'_>, id: &str, wrong: impl Fn(String) -> Stop) -> Result<RecordId, Stop> {
    let bearers: Vec<Bearer> = batch.get(&rows::external_key(id))?.unwrap_or_default();
    let own = bearers.iter().find(|bearer| bearer.own);
    match (own, bearers.as_slice()) {
        (Some(bearer), _) | (None, [bearer]) => Ok(bearer.record),
        (None, []) => Err(wrong(format!("no record {id} on this phone: sync first"))),
        (None, several) => Err(wrong(format!(
            "{} records bear the id {id}, none made here",
            several.len()
        ))),
    }
}
