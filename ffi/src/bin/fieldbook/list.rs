use clap::Args;
use ffi::Phone;
use serde_json::json;

use crate::failure::Failure;
use crate::say::Say;

#[derive(Debug, Args)]
pub struct List {
    /// Only records of this kind
    kind: Option<String>,
    /// Only those with a conflict
    #[arg(long)]
    conflicts: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl List {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let catalogue = phone.catalogue()?;
        let kind = match &self.kind {
            Some(kind) => Some(ffi::form::kind(&catalogue, kind)?.name.clone()),
            None => None,
        };
        let mut shown = 0;
        for row in phone.list()? {
            let wanted = kind.as_ref().is_none_or(|kind| *kind == row.kind);
            if !wanted || (self.conflicts && !row.conflict) {
                continue;
            }
            shown += 1;
            if self.json {
                let row = json!({
                    "record": row.record.to_string(), "kind": row.kind, "external_id": row.external_id,
                    "day": row.day, "title": row.title, "state": row.state, "conflict": row.conflict,
                    "removed": row.removed,
                });
                say.json(&row);
                continue;
            }
            let known = catalogue.kinds.get(&row.kind);
            let label = known.map_or(row.kind.as_str(), |kind| say.label(&kind.label));
            let step = known.and_then(|kind| kind.step(&row.state));
            let state = step.map_or(row.state.as_str(), |step| say.label(&step.label));
            let mut words = vec![row.record.to_string()[..8].to_owned(), row.day.clone()];
            words.extend([label.to_owned(), row.title.clone(), state.to_owned()]);
            words.extend(row.external_id.clone());
            words.extend(row.conflict.then(|| say.word("conflict")));
            words.extend(row.removed.then(|| say.word("removed")));
            words.retain(|word| !word.is_empty());
            say.line(&words.join("  "));
        }
        if shown == 0 && !self.json {
            say.line(&say.text("say", "no_records", &[]));
        }
        Ok(())
    }
}
