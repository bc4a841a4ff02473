use clap::Args;
use ffi::{Phone, Shown};
use serde_json::json;
use sync_core::catalogue::{Field, FieldType, Kind};
use sync_core::ids::RecordId;
use sync_core::record::change::Scalar;
use sync_core::record::state::{self, Conflict, Progress};
use sync_core::record::view::{Entry, Slot, Written};
use sync_core::record::{data, export, parts, value};

use crate::failure::Failure;
use crate::join::client;
use crate::say::Say;

#[derive(Debug, Args)]
pub struct Show {
    /// The beginning of the record's id, or its external id
    record: String,
    /// One JSON object on one line, as exports have it
    #[arg(long)]
    json: bool,
}

impl Show {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        tell(&phone.show(phone.find(&self.record)?)?, self.json, say);
        Ok(())
    }
}

#[derive(Debug, Args)]
pub struct Fetch {
    /// The record's id, all of it
    record: RecordId,
    /// The server's address; by default the one of the last time
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// One JSON object on one line, as exports have it
    #[arg(long)]
    json: bool,
}

impl Fetch {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let server = match self.server {
            Some(server) => server,
            None => phone.server()?.ok_or(Failure::NoServer)?,
        };
        let shown = phone.fetch(&client(&server, say)?, self.record)?;
        tell(&shown, self.json, say);
        if !self.json {
            say.line(&say.text("say", "fetched", &[]));
        }
        Ok(())
    }
}

fn tell(shown: &Shown, json: bool, say: &Say) {
    if json {
        let mut line = export::line(shown.view(), shown.record.kind());
        line.insert("record".into(), json!(shown.view().record.to_string()));
        return say.json(&serde_json::Value::Object(line));
    }
    Page { shown, say }.print();
}

struct Page<'a> {
    shown: &'a Shown,
    say: &'a Say,
}

impl Page<'_> {
    fn print(&self) {
        let (view, kind, say) = (self.shown.view(), self.shown.record.kind(), self.say);
        let label = kind.map_or(view.kind.as_str(), |kind| say.label(&kind.label));
        say.line(&format!("{label}  {}  {}", view.record, self.standing()));
        for (book, number) in &self.shown.record.numbers {
            say.line(&format!("  {book}  {number}"));
        }
        if let Some(id) = &view.external_id {
            say.line(&format!("  id  {id}"));
        }
        if let Some(kind) = kind {
            let zone = self.shown.zone;
            self.clock("happened", Some(data::happened(view, kind, zone)));
        }
        let first = view.changes.first().map(|first| &first.origin);
        self.clock("recorded", first.map(|first| first.at));
        self.clock("received", first.and_then(|first| first.received_at));
        if let Some(removal) = state::removal(view) {
            self.entry(&format!("  ! {}", say.word("removed")), removal, None);
        }
        for field in kind.iter().flat_map(|kind| &kind.fields) {
            self.field(field);
        }
        self.unknown(kind);
        for step in &view.steps {
            self.step(step);
        }
        self.conflicts(kind);
    }

    /// The state, and how far the acts have come that this phone wrote.
    fn standing(&self) -> String {
        let progress = Progress::of(self.shown.view());
        let state = progress.state().unwrap_or_default();
        let step = self.shown.record.kind().and_then(|kind| kind.step(state));
        let mut words = vec![
            step.map_or(state, |step| self.say.label(&step.label))
                .to_owned(),
        ];
        words.extend(progress.is_contested().then(|| self.say.word("contested")));
        words.extend(
            self.shown
                .word()
                .map(|word| word.text(self.say.language).to_owned()),
        );
        words.retain(|word| !word.is_empty());
        words.join("  ")
    }

    fn clock(&self, name: &str, at: Option<i64>) {
        let at = at.map_or(self.say.word("nobody"), |at| self.shown.local(at));
        self.say.line(&format!("  {}  {at}", self.say.word(name)));
    }

    fn field(&self, field: &Field) {
        let (view, name) = (self.shown.view(), &field.name);
        let title = format!("  {}", self.say.labelled(field));
        if let Some(text) = view.texts.get(name) {
            if !text.text.is_empty() {
                self.say.line(&format!("{title}: {}", text.text));
                for change in &text.changes {
                    self.say.line(&format!("      {}", self.shown.by(*change)));
                }
            }
            return;
        }
        if field.ty == FieldType::Track {
            let points = parts::points(view, name);
            if let (Some(first), Some(last)) = (points.first(), points.last()) {
                let seconds = last.seconds - first.seconds;
                self.say
                    .line(&format!("{title}: {} / {seconds} s", points.len()));
            }
            return;
        }
        if field.is_rows() {
            return self.rows(field, &title);
        }
        if field.many {
            for (n, member) in (1..).zip(parts::members(view, name)) {
                let head = format!("{title}[{n}]");
                self.entry(&head, member.written, Some(field));
                if let Some(removal) = member.removed {
                    self.entry(
                        &format!("      ! {}", self.say.word("removed")),
                        removal,
                        None,
                    );
                }
            }
            return;
        }
        if let Some(slot) = view.slot(name) {
            self.slot(&title, slot, field);
        }
    }

    fn rows(&self, field: &Field, title: &str) {
        let rows = parts::rows(self.shown.view(), &field.name);
        for (n, part) in (1..).zip(&rows) {
            let author = self.shown.by(part.row.change);
            self.say.line(&format!("{title}[{n}]  {author}"));
            for cell in field.row_cells() {
                if let Some(slot) = part.row.cells.get(&cell.name) {
                    let head = format!("      .{}", self.say.labelled(cell));
                    self.slot(&head, slot, cell);
                }
            }
            if let Some(removal) = part.removed {
                self.entry(
                    &format!("      ! {}", self.say.word("removed")),
                    removal,
                    None,
                );
            }
        }
    }

    /// What holds, every value of it where there are several, and what held before.
    fn slot(&self, head: &str, slot: &Slot, field: &Field) {
        let mark = match state::differ(slot) {
            true => format!("  ! {}", self.say.word("conflict")),
            false => String::new(),
        };
        for written in &slot.values {
            self.entry(&format!("{head}{mark}"), written, Some(field));
        }
        for written in slot.earlier.iter().rev() {
            let head = format!("      {}", self.say.word("earlier"));
            self.entry(&head, written, Some(field));
        }
    }

    fn entry(&self, head: &str, written: &Written, field: Option<&Field>) {
        let text = self.value(&written.value, field);
        let by = self.shown.by(written.change);
        self.say.line(&format!("{head}: {text}  [{by}]"));
    }

    fn value(&self, scalar: &Scalar, field: Option<&Field>) -> String {
        let text = match (field.map(|field| field.ty), scalar) {
            (_, Scalar::Null) => return self.say.word("empty"),
            (Some(FieldType::Instant), Scalar::Int(ms)) => return self.shown.local(*ms),
            (Some(FieldType::Money), Scalar::Int(fen)) => {
                let sign = if *fen < 0 { "-" } else { "" };
                let fen = fen.unsigned_abs();
                return format!("{sign}{}.{:02}", fen / 100, fen % 100);
            }
            (ty, scalar) => value::to_json(ty.unwrap_or(FieldType::Text), scalar),
        };
        let text = text
            .as_str()
            .map_or_else(|| text.to_string(), str::to_owned);
        match field.and_then(|field| self.shown.code(field, &text)) {
            Some(label) => format!("{text} ({})", self.say.label(label)),
            None => text,
        }
    }

    /// What a newer phone wrote stands here under its own name.
    fn unknown(&self, kind: Option<&Kind>) {
        let is_known = |key: &str| {
            let name = key.split('/').next().unwrap_or_default();
            name == "removed" || kind.is_some_and(|kind| kind.field(name).is_some())
        };
        for (key, slot) in &self.shown.view().fields {
            for written in slot.values.iter().filter(|_| !is_known(key)) {
                let head = format!("  {key} ({})", self.say.word("unknown"));
                self.entry(&head, written, None);
            }
        }
    }

    fn step(&self, step: &Entry) {
        let to = step.text("to").unwrap_or_default();
        let known = self.shown.record.kind().and_then(|kind| kind.step(to));
        let label = known.map_or("", |step| self.say.label(&step.label));
        let note = step
            .text("note")
            .map_or(String::new(), |note| format!(": {note}"));
        let by = self.shown.by(step.change);
        self.say.line(&format!("  -> {to} ({label}){note}  [{by}]"));
    }

    fn conflicts(&self, kind: Option<&Kind>) {
        for conflict in state::conflicts(self.shown.view(), kind) {
            let what = match conflict {
                Conflict::Values { spot, .. } => spot.path(),
                Conflict::RemovedEdited { target, .. } => {
                    let target = target.unwrap_or_default();
                    format!("{target} {}", self.say.word("removed"))
                }
                Conflict::Steps(steps) => {
                    let to = steps.iter().filter_map(|step| step.text("to"));
                    to.collect::<Vec<_>>().join(" / ")
                }
            };
            self.say
                .line(&format!("  ! {}: {what}", self.say.word("conflict")));
        }
    }
}
