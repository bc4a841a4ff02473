//! `/s/{station}/books/{book}.csv` and `.jsonl`: a book as a file, masked as the page is.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sync_core::book::{Page, Period};

use super::reader::Reader;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Csv,
    JsonLines,
}

impl Form {
    /// The book's name and the form that its suffix asks for.
    pub fn of(name: &str) -> (&str, Option<Form>) {
        for (suffix, form) in [(".csv", Form::Csv), (".jsonl", Form::JsonLines)] {
            if let Some(name) = name.strip_suffix(suffix) {
                return (name, Some(form));
            }
        }
        (name, None)
    }
}

pub fn answer(reader: &Reader, page: &Page, form: Form) -> Response {
    let (kind, suffix, text) = match form {
        Form::Csv => ("text/csv; charset=utf-8", "csv", csv(reader, page)),
        Form::JsonLines => ("application/jsonl; charset=utf-8", "jsonl", json_lines(page)),
    };
    let period = match &page.period {
        Period::Day(day) => format!("-{day}"),
        Period::Month(month) => format!("-{month}"),
        Period::All => String::new(),
    };
    let name = format!("attachment; filename=\"{}{period}.{suffix}\"", page.book);
    let mut response = ([(CONTENT_TYPE, kind)], text).into_response();
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    response
}

/// With a byte order mark, without which spreadsheet programs misread Chinese.
fn csv(reader: &Reader, page: &Page) -> String {
    let language = reader.catalogue_language();
    let mut text = String::from("\u{feff}");
    let heads: Vec<&str> = page.columns.iter().map(|column| column.label.get(language)).collect();
    push(&mut text, &heads);
    for row in &page.rows {
        let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.get(language)).collect();
        push(&mut text, &cells);
    }
    text
}

fn push(text: &mut String, cells: &[&str]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push('"');
        // A spreadsheet would run these as formulas.
        if cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
            text.push('\'');
        }
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    }
    text.push_str("\r\n");
}

fn json_lines(page: &Page) -> String {
    let mut text = String::new();
    for row in &page.rows {
        if let Ok(line) = serde_json::to_string(row) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::push;

    #[test]
    fn a_cell_is_no_formula_and_keeps_its_quotes() {
        let mut text = String::new();
        push(&mut text, &["=1+1", "说\"好\"", " @x", "3"]);
        assert_eq!(text, "\"'=1+1\",\"说\"\"好\"\"\",\"' @x\",\"3\"\r\n");
    }
}
