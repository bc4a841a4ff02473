//! The reference of a catalogue's books, as Markdown.

use std::fmt::Write as _;

use crate::catalogue::{Book, Catalogue, Column, Fold, RowKey, Source};

/// Every book: pages, rows, numbers, footer, and what each kind of record puts into each column.
pub fn books_markdown(catalogue: &Catalogue) -> String {
    let mut out = String::from(
        "# Books\n\n\
         Generated from the catalogue; do not edit. To regenerate it:\n\n\
         ```\nUPDATE_DOCS=1 cargo test -p sync-core books_are_current\n```\n\n\
         A book is computed from records, never written. Records that share a row's key fold into \
         one row, each column by its rule:\n\n\
         | fold | a cell holds |\n|---|---|\n",
    );
    for (fold, what) in FOLDS {
        let _ = writeln!(out, "| {} | {what} |", code(fold.word()));
    }
    out.push_str(
        "\n**Personal** columns are masked for readers who may not see them. A record that was \
         struck out is printed struck through and counts no more. Values in conflict all stand in \
         the cell, with author, device and time; what was changed after a record was submitted \
         stands struck through before what replaced it.\n",
    );
    for book in catalogue.books.values() {
        write_book(&mut out, book, catalogue);
    }
    out
}

const FOLDS: [(Fold, &str); 7] = [
    (
        Fold::First,
        "what the first record says that has something to say",
    ),
    (Fold::List, "what all say, by the time it happened"),
    (Fold::Once, "what all say, equal texts once"),
    (
        Fold::Sum,
        "the sum; texts that are no numbers stand beside it",
    ),
    (Fold::Span, "first start to last end"),
    (
        Fold::Refs,
        "the register numbers of other records, each once; a local number where there is none yet",
    ),
    (
        Fold::Sheets,
        "numbers of a block of forms; one that stands twice, or that the block does not hold, is marked",
    ),
];

// Writing to a string cannot fail, so the results of `writeln!` are let go.
fn write_book(out: &mut String, book: &Book, catalogue: &Catalogue) {
    let _ = writeln!(
        out,
        "\n## {} — {} {}\n",
        book.name, book.label.zh, book.label.en
    );
    if book.has_pages() {
        let _ = writeln!(out, "- A page per {}.", code(book.page.word()));
    } else {
        out.push_str("- No pages: its lines are facts for the metrics.\n");
    }
    let keys: Vec<String> = book.row.iter().map(key).collect();
    let _ = writeln!(out, "- A row for each {}.", keys.join(" and "));
    if !book.order.is_empty() {
        let _ = writeln!(out, "- Ordered by {}.", codes(&book.order));
    }
    if let Some(number) = &book.number {
        let (format, when) = (code(&number.format), codes(&number.when));
        let _ = writeln!(out, "- Numbered {format} at {when}.");
    }
    if !book.review.is_empty() {
        let _ = writeln!(out, "- Reviewed and sealed by {}.", codes(&book.review));
    }
    if !book.footer.is_empty() {
        let footer: Vec<String> = book.footer.iter().map(|part| code(part.word())).collect();
        let _ = writeln!(out, "- At its foot: {}.", footer.join(", "));
    }
    for source in &book.sources {
        let kind = catalogue.kinds.get(&source.kind);
        let label = kind.map_or("", |kind| kind.label.zh.as_str());
        let per = source.per.as_ref().map_or_else(String::new, |per| {
            format!(", a line for each of {}", cell_code(per.source()))
        });
        let when = source.when.as_ref().map_or_else(String::new, |when| {
            format!(", only if {}", cell_code(when.source()))
        });
        let foot = source.summary.as_ref().map_or_else(String::new, |text| {
            format!(", at the foot {}", cell_code(text.source()))
        });
        let _ = writeln!(
            out,
            "- From {} {label}{per}{when}{foot}.",
            code(&source.kind)
        );
    }
    out.push_str("\n| column | label | fold | what stands in it |\n|---|---|---|---|\n");
    for column in &book.columns {
        let mut what = contents(book, column);
        if let Some(limit) = &column.limit {
            what.push(format!("limit {}", code(limit)));
        }
        if let Some(personal) = column.personal {
            what.push(format!("**personal** ({})", personal.word()));
        }
        let (id, fold) = (code(&column.id), code(column.fold.word()));
        let (zh, en) = (&column.label.zh, &column.label.en);
        let _ = writeln!(out, "| {id} | {zh} {en} | {fold} | {} |", what.join("; "));
    }
}

/// What each kind puts there; the column's own expression stands for the kinds without one.
fn contents(book: &Book, column: &Column) -> Vec<String> {
    let from = |source: &Source| {
        let own = source.cells.get(&column.id)?;
        Some(format!(
            "{}: {}",
            code(&source.kind),
            cell_code(own.source())
        ))
    };
    let mut contents: Vec<String> = book.sources.iter().filter_map(from).collect();
    match column.id.as_str() {
        Column::SERIAL => contents.push("counted within the page".to_owned()),
        Column::NUMBER => contents.push("the register number".to_owned()),
        Column::AMENDMENTS => contents.push("the amendments of the row".to_owned()),
        _ => {}
    }
    if let Some(cell) = &column.cell {
        contents.push(cell_code(cell.source()));
    }
    if let Some(field) = &column.field {
        contents.push(format!("the field {}", code(field)));
    }
    if contents.is_empty() {
        contents.push("nothing yet: the form has the column".to_owned());
    }
    contents
}

fn key(key: &RowKey) -> String {
    match key {
        RowKey::Record => "record".to_owned(),
        RowKey::Day => "day".to_owned(),
        RowKey::Officer => "officer".to_owned(),
        RowKey::Link(field) => {
            format!(
                "record that {} names, itself where it has none",
                code(field)
            )
        }
    }
}

fn code(word: &str) -> String {
    format!("`{word}`")
}

/// Inside a table a `|` would end the cell.
fn cell_code(source: &str) -> String {
    code(&source.replace('|', "\\|"))
}

fn codes(list: &[String]) -> String {
    let list: Vec<String> = list.iter().map(|word| code(word)).collect();
    list.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_are_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/books.md");
        let fresh = books_markdown(Catalogue::embedded());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &fresh).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == fresh,
            "docs/books.md is stale; run: UPDATE_DOCS=1 cargo test -p sync-core books_are_current"
        );
    }
}
