//! The reference of a catalogue's kinds, as Markdown.

use std::fmt::Write as _;

use super::{Catalogue, Count, Field, Kind, Label, Limit, Merge, Required, Step, Where};

/// Every kind with its fields, steps and limits, every code list, and every book's columns.
pub fn record_kinds_markdown(catalogue: &Catalogue) -> String {
    let mut out = String::from(
        "# Record kinds\n\n\
         Generated from the catalogue; do not edit. To regenerate it:\n\n\
         ```\nUPDATE_DOCS=1 cargo test -p sync-core docs_are_current\n```\n\n\
         A field without a remark is optional, is written by author and handlers, and shows all \
         values that were written at once until a person settles it. `member` is everybody at \
         the station. **Personal** values are encrypted in the record and masked where a reader \
         may not see them.\n",
    );
    out.push_str("\n## Kinds\n");
    for kind in catalogue.kinds.values() {
        write_kind(&mut out, kind);
    }
    out.push_str("\n## Books\n");
    for book in catalogue.books.values() {
        let _ = writeln!(out, "\n### {} — {}\n", book.name, both(&book.label));
        let sources: Vec<String> = book.sources.iter().map(|s| code(&s.kind)).collect();
        let pages = if book.has_pages() {
            format!("a page per {}", book.page.word())
        } else {
            "no pages".to_owned()
        };
        let _ = writeln!(out, "From {}; {pages}.\n", sources.join(", "));
        for column in &book.columns {
            let personal = if column.personal.is_some() {
                " **personal**"
            } else {
                ""
            };
            let _ = writeln!(
                out,
                "- {} {}{personal}",
                code(&column.id),
                both(&column.label)
            );
        }
        if let Some(number) = &book.number {
            let when = words(&number.when);
            let _ = writeln!(out, "\nNumbered {} at {when}.", code(&number.format));
        }
    }
    out.push_str("\n## Code lists\n");
    for list in catalogue.codes.values() {
        let _ = writeln!(out, "\n### {} — {}\n", code(&list.name), both(&list.label));
        for one in &list.codes {
            let _ = writeln!(out, "- {} {}", code(&one.code), both(&one.label));
        }
    }
    out.push_str("\n## Settings\n\n| setting | label | value | source |\n|---|---|---|---|\n");
    for setting in catalogue.settings.values() {
        let (name, label) = (code(&setting.name), both(&setting.label));
        let _ = writeln!(
            out,
            "| {name} | {label} | {} | {} |",
            setting.value, setting.source
        );
    }
    out.push_str("\n## Roles\n\n");
    for role in catalogue.roles.values() {
        let masked = if role.masked {
            " (sees personal values masked)"
        } else {
            ""
        };
        let _ = writeln!(out, "- {} {}{masked}", code(&role.name), both(&role.label));
    }
    out
}

// Writing to a string cannot fail, so the results of `writeln!` are let go.
fn write_kind(out: &mut String, kind: &Kind) {
    let _ = writeln!(out, "\n### {} — {}\n", code(&kind.name), both(&kind.label));
    let _ = writeln!(out, "Made by {}.", words(&kind.create));
    if let Some(clock) = &kind.clock {
        let _ = writeln!(out, "Happened at {}.", code(clock));
    }
    if !kind.submitted.is_empty() {
        let _ = writeln!(
            out,
            "Every change after {} is an amendment.",
            words(&kind.submitted)
        );
    }
    out.push_str("\n| field | label | type | remarks |\n|---|---|---|---|\n");
    for field in &kind.fields {
        write_field(out, field, "");
        for cell in &field.cells {
            write_field(out, cell, &format!("{}/", field.name));
        }
    }
    if !kind.steps.is_empty() {
        out.push_str("\n| step | label | from | by | only if |\n|---|---|---|---|---|\n");
        for step in &kind.steps {
            write_step(out, step);
        }
    }
    if !kind.limits.is_empty() {
        out.push_str(
            "\n| limit | from | until | length | remarks | law |\n|---|---|---|---|---|---|\n",
        );
        for limit in &kind.limits {
            write_limit(out, limit);
        }
    }
}

fn write_limit(out: &mut String, limit: &Limit) {
    let length = |count: &Count| format!("{} {}", count.value, code(count.unit.word()));
    let mut remarks = Vec::new();
    if let Some(when) = &limit.when {
        remarks.push(format!("when {}", cell_code(when.source())));
    }
    if let Some(field) = &limit.since {
        remarks.push(format!("counted from {}", code(field)));
    }
    if let Some(field) = &limit.filled {
        remarks.push(format!("done when {} is filled", code(field)));
    }
    if let Some(field) = &limit.day {
        remarks.push(format!("ends with {} where that is filled", code(field)));
    }
    if !limit.stops.is_empty() {
        remarks.push(format!("stands still in {}", words(&limit.stops)));
    }
    if let Some(excused) = &limit.excused {
        remarks.push(format!("excused when {}", cell_code(excused.source())));
    }
    for more in &limit.extensions {
        let by = more
            .length
            .as_ref()
            .map_or("once its length".to_owned(), length);
        let (step, times) = (code(&more.step), more.times);
        remarks.push(format!(
            "{step} adds {by}, {times} times at most ({})",
            more.law
        ));
    }
    let _ = writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} |",
        code(&limit.name),
        words(&limit.from),
        words(&limit.until),
        limit.count.as_ref().map_or_else(String::new, length),
        remarks.join("; "),
        limit.law
    );
}

fn write_field(out: &mut String, field: &Field, prefix: &str) {
    let mut ty = code(field.ty.word());
    if field.many {
        ty.push_str(", many");
    }
    if let Some(list) = &field.codes {
        let _ = write!(ty, " of {}", code(list));
    }
    if let Some(kind) = &field.links {
        let _ = write!(ty, " of kind {}", code(kind));
    }
    let mut remarks = Vec::new();
    match &field.required {
        Required::Never => {}
        Required::Create => remarks.push("required".to_owned()),
        Required::Step(step) => remarks.push(format!("required at {}", code(step))),
    }
    if let Some(when) = &field.when {
        remarks.push(format!("when {}", cell_code(when.source())));
    }
    if field.personal.is_some() {
        remarks.push("**personal**".to_owned());
    }
    if field.merge == Merge::Last {
        remarks.push("the last value counts".to_owned());
    }
    if prefix.is_empty() && field.write != ["author", "handler"] {
        remarks.push(format!("written by {}", words(&field.write)));
    }
    let name = code(&format!("{prefix}{}", field.name));
    let label = both(&field.label);
    let _ = writeln!(out, "| {name} | {label} | {ty} | {} |", remarks.join("; "));
}

fn write_step(out: &mut String, step: &Step) {
    let from = if step.from.is_empty() {
        code(Step::NOTHING)
    } else {
        words(&step.from)
    };
    let mut only = Vec::new();
    match step.where_ {
        Some(Where::Console) => only.push("on the server".to_owned()),
        None => {}
    }
    if let Some(when) = &step.when {
        only.push(cell_code(when.source()));
    }
    if let Some(draws) = &step.draws {
        let (number, block) = (code(&draws.number), code(&draws.block));
        only.push(format!(
            "draws the next number of a block into {number} and {block}"
        ));
    }
    for guard in &step.guards {
        let (when, otherwise) = (cell_code(guard.when.source()), both(&guard.otherwise));
        only.push(format!("{when}, else: {otherwise}"));
    }
    let (to, label, by) = (code(&step.to), both(&step.label), words(&step.by));
    let _ = writeln!(
        out,
        "| {to} | {label} | {from} | {by} | {} |",
        only.join("; ")
    );
}

fn both(label: &Label) -> String {
    format!("{} {}", label.zh, label.en)
}

fn code(word: &str) -> String {
    format!("`{word}`")
}

/// Inside a table a `|` would end the cell.
fn cell_code(source: &str) -> String {
    code(&source.replace('|', "\\|"))
}

fn words(list: &[String]) -> String {
    let list: Vec<String> = list.iter().map(|word| code(word)).collect();
    list.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docs_are_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/record-kinds.md");
        let fresh = record_kinds_markdown(Catalogue::embedded());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &fresh).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == fresh,
            "docs/record-kinds.md is stale; run: UPDATE_DOCS=1 cargo test -p sync-core docs_are_current"
        );
    }
}
