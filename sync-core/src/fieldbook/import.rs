//! From a line of an import file to the deeds of one act.
//!
//! | line | deed |
//! |---|---|
//! | `{"op":"create","id","kind","body":{...}}` | a new record with `id` as its external id |
//! | `{"op":"append","id","field","items":[...]}` | more rows, members or points |
//! | `{"op":"set","id","fields":{...}}` | single values; with the `append` to the same `id` that follows it: one act |
//! | `{"op":"insert","id","field","pos","text"}` | a co-written text, at a position in UTF-16 units |
//!
//! `kind` and `id` inside a body are passed over.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::catalogue::{Field, FieldType, Kind};
use crate::record::change::Scalar;
use crate::record::value::from_json;
use crate::record::write::{Edit, Spot};

/// Points in one chunk of a track: some 4 KiB.
const CHUNK: usize = 512;

/// One line, read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub enum Line {
    Create {
        id: String,
        kind: String,
        body: Map<String, Value>,
    },
    Append {
        id: String,
        field: String,
        items: Vec<Value>,
    },
    Set {
        id: String,
        fields: Map<String, Value>,
    },
    Insert {
        id: String,
        field: String,
        pos: usize,
        text: String,
    },
}

impl Line {
    pub fn read(text: &str) -> Result<Line, String> {
        serde_json::from_str(text).map_err(|bad| {
            let bad = bad.to_string();
            match bad.contains("hex escape") || bad.contains("surrogate") {
                true => format!(
                    "{bad}: half a letter, as of an emoji that was cut in two; write it whole or leave it out"
                ),
                false => bad,
            }
        })
    }

    pub fn id(&self) -> &str {
        match self {
            Line::Create { id, .. }
            | Line::Append { id, .. }
            | Line::Set { id, .. }
            | Line::Insert { id, .. } => id,
        }
    }
}

/// One act of an import file: its line, and the `append` that belongs to a `set`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'t> {
    /// From 1.
    pub line: u64,
    pub text: &'t str,
    pub then: Option<&'t str>,
}

/// The acts of a file, in order. Empty lines are passed over.
pub fn steps(file: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for (line, text) in (1..).zip(file.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        if let Some(before) = steps.last_mut().filter(|before| before.then.is_none())
            && belongs(before.text, text)
        {
            before.then = Some(text);
            continue;
        }
        let then = None;
        steps.push(Step { line, text, then });
    }
    steps
}

fn belongs(before: &str, text: &str) -> bool {
    // Only these two words can make a pair, so that most lines are read once.
    if !before.contains("\"set\"") || !text.contains("\"append\"") {
        return false;
    }
    match (Line::read(before), Line::read(text)) {
        (Ok(Line::Set { id, .. }), Ok(Line::Append { id: same, .. })) => id == same,
        (_, _) => false,
    }
}

/// What a line does to a record of the kind.
pub fn edits(line: &Line, kind: &Kind) -> Result<Vec<Edit>, String> {
    match line {
        Line::Create { body, .. } => {
            let fields = body.iter().filter(|(name, _)| !is_head(name));
            let edits: Result<Vec<_>, _> = fields
                .map(|(name, json)| field_edits(find(kind, name)?, json, true))
                .collect();
            Ok(edits?.concat())
        }
        Line::Set { fields, .. } => {
            let fields = fields.iter().filter(|(name, _)| !is_head(name));
            let edits: Result<Vec<_>, _> = fields
                .map(|(name, json)| field_edits(find(kind, name)?, json, false))
                .collect();
            Ok(edits?.concat())
        }
        Line::Append { field, items, .. } => {
            let field = find(kind, field)?;
            if !field.many && !field.is_rows() && field.ty != FieldType::Track {
                return Err(format!("{} holds one value: set it", field.name));
            }
            field_edits(field, &Value::Array(items.clone()), false)
        }
        Line::Insert {
            field, pos, text, ..
        } => {
            let field = find(kind, field)?;
            if field.ty != FieldType::CoText {
                return Err(format!("{} is not written together", field.name));
            }
            Ok(vec![splice(field, *pos, text)])
        }
    }
}

fn is_head(name: &str) -> bool {
    name == "kind" || name == "id"
}

fn find<'k>(kind: &'k Kind, name: &str) -> Result<&'k Field, String> {
    kind.field(name)
        .ok_or_else(|| format!("{} has no field {name}", kind.name))
}

/// What writing a JSON value into a field takes. On a new record, what is empty is not written.
pub fn field_edits(field: &Field, json: &Value, new: bool) -> Result<Vec<Edit>, String> {
    let name = &field.name;
    let several = field.many || field.is_rows() || field.ty == FieldType::Track;
    if !several {
        if field.ty == FieldType::CoText {
            return match json {
                Value::String(text) if text.is_empty() => Ok(Vec::new()),
                Value::String(text) if new => Ok(vec![splice(field, 0, text)]),
                _ => Err(format!("{name} is written by insertions")),
            };
        }
        let value = from_json(field, json).map_err(|bad| bad.to_string())?;
        if new && value == Scalar::Null {
            return Ok(Vec::new());
        }
        let spot = Spot::Field(name.clone());
        return Ok(vec![Edit::Set { spot, value }]);
    }
    let Value::Array(items) = json else {
        return Err(format!("{name} takes a list"));
    };
    let add = |value| Edit::Add {
        field: name.clone(),
        value,
    };
    if field.ty == FieldType::Track {
        let chunks = items.chunks(CHUNK).map(|chunk| {
            from_json(field, &Value::Array(chunk.to_vec()))
                .map(add)
                .map_err(|bad| bad.to_string())
        });
        return chunks.collect();
    }
    if field.is_rows() {
        return items.iter().map(|item| row(field, item)).collect();
    }
    let members = items.iter();
    members
        .map(|item| {
            from_json(field, item)
                .map(add)
                .map_err(|bad| bad.to_string())
        })
        .collect()
}

fn row(table: &Field, json: &Value) -> Result<Edit, String> {
    let Value::Object(given) = json else {
        return Err(format!("{} takes rows of named cells", table.name));
    };
    let mut cells = Vec::new();
    for (name, json) in given {
        let cell = table.cell(name);
        let cell = cell.ok_or_else(|| format!("{} has no cell {name}", table.name))?;
        let value = from_json(cell, json).map_err(|bad| format!("{}: {bad}", table.name))?;
        if value != Scalar::Null {
            cells.push((name.clone(), value));
        }
    }
    Ok(Edit::AddRow {
        field: table.name.clone(),
        cells,
    })
}

fn splice(field: &Field, at: usize, text: &str) -> Edit {
    Edit::Splice {
        field: field.name.clone(),
        at,
        delete: 0,
        insert: text.to_owned(),
    }
}
