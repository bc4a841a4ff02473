use clap::Args;
use ffi::{Phone, form, forms};
use serde_json::json;
use sync_core::catalogue::{Catalogue, Field, Kind, Required};

use crate::failure::Failure;
use crate::say::Say;

#[derive(Debug, Args)]
pub struct Kinds {
    /// Show this kind's fields, codes and steps
    kind: Option<String>,
    /// One JSON object on one line: the forms as data
    #[arg(long)]
    json: bool,
}

impl Kinds {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let catalogue = phone.catalogue()?;
        let wanted = match &self.kind {
            Some(kind) => Some(form::kind(&catalogue, kind)?),
            None => None,
        };
        match (wanted, self.json) {
            (Some(kind), true) => say.json(&json!(forms::kind(&catalogue, kind))),
            (Some(kind), false) => one(&catalogue, kind, say),
            (None, true) => {
                say.json(&json!({ "kinds": forms::kinds(&catalogue) }));
            }
            (None, false) => {
                for kind in catalogue.kinds.values() {
                    say.line(&format!("{} ({})", kind.name, say.label(&kind.label)));
                }
            }
        }
        Ok(())
    }
}

fn one(catalogue: &Catalogue, kind: &Kind, say: &Say) {
    say.line(&format!("{} ({})", kind.name, say.label(&kind.label)));
    for field in &kind.fields {
        say.line(&format!("  {}", described(field, say)));
        codes(catalogue, field, "      ", say);
        for cell in field.row_cells() {
            say.line(&format!("    .{}", described(cell, say)));
            codes(catalogue, cell, "        ", say);
        }
    }
    for step in &kind.steps {
        let from = step.from.join(" | ");
        let arrow = if from.is_empty() {
            String::new()
        } else {
            format!("{from} -> ")
        };
        say.line(&format!(
            "  {arrow}{} ({})",
            step.to,
            say.label(&step.label)
        ));
    }
}

fn described(field: &Field, say: &Say) -> String {
    let mut text = format!("{}: {}", say.labelled(field), field.ty.word());
    if field.many {
        text.push_str(", many");
    }
    match &field.required {
        Required::Never => {}
        Required::Create => text.push_str(", required"),
        Required::Step(step) => text.push_str(&format!(", required for {step}")),
    }
    if let Some(when) = &field.when {
        text.push_str(&format!(", when {}", when.source()));
    }
    text
}

fn codes(catalogue: &Catalogue, field: &Field, indent: &str, say: &Say) {
    let list = field
        .codes
        .as_ref()
        .and_then(|list| catalogue.codes.get(list));
    for code in list.iter().flat_map(|list| &list.codes) {
        say.line(&format!(
            "{indent}{} ({})",
            code.code,
            say.label(&code.label)
        ));
    }
}
