//! A catalogue as a whole: overlays, mistakes on disk, the workload's folder.

mod clocks;
mod penalty;

use std::path::Path;

use super::*;

/// The files below a folder, by their path inside it.
pub(super) fn folder(path: &str) -> Sources {
    fn walk(root: &Path, at: &Path, found: &mut Sources) {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let parts = path.strip_prefix(root).unwrap().components();
                let parts: Vec<_> = parts.map(|p| p.as_os_str().to_str().unwrap()).collect();
                found.insert(parts.join("/"), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = Sources::new();
    walk(Path::new(path), Path::new(path), &mut found);
    found
}

fn load(files: &[(&str, &str)]) -> Result<Catalogue, Vec<Mistake>> {
    let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    Catalogue::load(&files.iter().map(own).collect())
}

fn loaded(files: &[(&str, &str)]) -> Catalogue {
    load(files).unwrap_or_else(|mistakes| panic!("{}", lines(&mistakes)))
}

fn lines(mistakes: &[Mistake]) -> String {
    let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

const DEFAULT: (&str, &str) = ("catalogue.toml", "extends = \"default\"");

const GARDEN: &str = r#"
kind = "garden"
zh = "绿地"
en = "Garden"
create = ["member"]
clock = "seen_at"
fields = [
  { name = "seen_at", type = "instant", zh = "时间", en = "Seen at", required = "create" },
  { name = "trees", type = "integer", zh = "树", en = "Trees" },
]
"#;

const GARDENS: &str = r##"
book = "R20"
zh = "绿地登记本"
en = "Garden register"
page = "month"
row = ["record"]
number = { when = ["create"], format = "绿{year}-{n:3}" }
columns = ["#", "number", "trees", { zh = "登记人", en = "Registrar", cell = "r.author|officer" }]
source = [{ kind = "garden" }]
"##;

#[test]
fn a_kind_and_a_book_are_added_by_files_alone() {
    let catalogue = loaded(&[
        DEFAULT,
        ("kinds/garden.toml", GARDEN),
        ("books/R20.toml", GARDENS),
    ]);
    let kind = &catalogue.kinds["garden"];
    assert_eq!(kind.field("trees").unwrap().ty, FieldType::Integer);
    assert!(kind.submitted.is_empty());
    let book = &catalogue.books["R20"];
    assert_eq!(book.column("trees").unwrap().label.zh, "树");
    assert_eq!(book.column("registrar").unwrap().label.en, "Registrar");
    assert_eq!(
        book.number.as_ref().unwrap().text("", 2026, 5),
        "绿2026-005"
    );
    assert!(
        catalogue.kinds.contains_key("case"),
        "the default is still there"
    );
    assert_ne!(catalogue.hash(), Catalogue::embedded().hash());
    assert_eq!(
        Catalogue::from_bundle(&catalogue.bundle()).unwrap(),
        catalogue
    );
}

#[test]
fn a_file_of_the_same_name_replaces_the_defaults() {
    let case = Catalogue::embedded().files()["kinds/case.toml"].replace("案由", "事由");
    let catalogue = loaded(&[DEFAULT, ("kinds/case.toml", &case)]);
    assert_eq!(
        catalogue.kinds["case"].field("cause").unwrap().label.zh,
        "事由"
    );
}

#[test]
fn what_is_removed_is_gone() {
    let catalogue = loaded(&[(
        "catalogue.toml",
        "extends = \"default\"\nremove = [\"kinds/duty_day.toml\", \"books/R1.toml\"]",
    )]);
    assert!(!catalogue.kinds.contains_key("duty_day"));
    assert!(!catalogue.books.contains_key("R1"));
    let facts = &catalogue.books["M"];
    assert!(facts.source("duty_day").is_none() && facts.source("request").is_some());
}

#[test]
fn removing_a_kind_that_a_book_still_reads_is_a_mistake_of_the_book() {
    let mistakes = load(&[(
        "catalogue.toml",
        "extends = \"default\"\nremove = [\"kinds/duty_day.toml\"]",
    )])
    .unwrap_err();
    assert_eq!(mistakes.len(), 1, "{}", lines(&mistakes));
    assert_eq!(mistakes[0].file, "books/R1.toml");
    assert!(mistakes[0].what.contains("duty_day"));
}

#[test]
fn all_mistakes_of_all_files_are_found_at_once() {
    let garden = GARDEN
        .replace("integer", "intger")
        .replace("clock = \"seen_at\"", "clok = 1");
    let book = GARDENS.replace("r.author|officer", "r.auther|officer");
    let mistakes = load(&[
        DEFAULT,
        ("kinds/garden.toml", &garden),
        ("books/R20.toml", &book),
    ])
    .unwrap_err();
    let text = lines(&mistakes);
    for wanted in [
        "books/R20.toml:8: unknown fact `auther` (of kind `garden`); did you mean `author`?",
        "kinds/garden.toml:6: unknown key `clok`; did you mean `clock`?",
        "kinds/garden.toml:9: unknown field type `intger`; did you mean `integer`?",
    ] {
        assert!(text.contains(wanted), "{wanted}\nis not in\n{text}");
    }
    assert_eq!(mistakes.len(), 3, "{text}");
}

#[test]
fn a_step_that_nothing_reaches_is_named_with_its_line() {
    let garden = format!(
        "{GARDEN}steps = [\n  {{ to = \"a\", from = [], by = [\"author\"], zh = \"甲\", en = \"A\" }},\n  \
         {{ to = \"b\", from = [\"c\"], by = [\"author\"], zh = \"乙\", en = \"B\" }},\n  \
         {{ to = \"c\", from = [\"b\"], by = [\"author\"], zh = \"丙\", en = \"C\" }},\n]\n"
    );
    let mistakes = load(&[DEFAULT, ("kinds/garden.toml", &garden)]).unwrap_err();
    assert_eq!(mistakes.len(), 2, "{}", lines(&mistakes));
    assert_eq!((mistakes[0].line, mistakes[1].line), (13, 14));
    assert!(mistakes[0].what.contains("`b`"));
}

#[test]
fn a_folder_without_catalogue_toml_is_told_what_to_write() {
    let mistakes = load(&[("kinds/garden.toml", GARDEN)]).unwrap_err();
    assert_eq!(mistakes[0].file, "catalogue.toml");
    assert!(mistakes[0].mend.contains("extends"));
}

#[test]
fn a_file_in_a_folder_of_its_own_cannot_replace_another_in_silence() {
    let mistakes = load(&[
        DEFAULT,
        ("kinds/old/case.toml", GARDEN),
        ("kinds/notes.md", "x"),
    ]);
    let files: Vec<String> = mistakes.unwrap_err().into_iter().map(|m| m.file).collect();
    assert_eq!(files, ["kinds/notes.md", "kinds/old/case.toml"]);
}

#[test]
fn a_catalogue_that_could_not_travel_is_refused() {
    let comment = format!("{GARDEN}# {}", "x".repeat(MAX_BUNDLE_BYTES));
    let mistakes = load(&[DEFAULT, ("kinds/garden.toml", &comment)]).unwrap_err();
    assert!(mistakes[0].what.contains("too large"));
}

/// Each file of `tests/mistakes` is one mistaken file laid over the default. Its first line
/// names it (`#= path`); each line with mistakes ends with a part of each message (`#! part`).
#[test]
fn every_mistake_of_the_corpus_is_found_where_it_stands() {
    let corpus = folder(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mistakes"));
    assert!(corpus.len() >= 20, "the corpus is not where the test looks");
    let mut failures = Vec::new();
    for (name, text) in corpus {
        let first = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("#= "));
        let path = first
            .and_then(|line| line.split(' ').next())
            .unwrap_or(&name);
        let mut wanted = Vec::new();
        for (i, line) in text.lines().enumerate() {
            wanted.extend(line.split("#! ").skip(1).map(|part| (i + 1, part.trim())));
        }
        assert!(!wanted.is_empty(), "{name} expects nothing");
        let own = [DEFAULT, (path, text.as_str())];
        let found = load(&own[usize::from(path == DEFAULT.0)..]).expect_err(&name);
        let mut found: Vec<_> = found.iter().filter(|m| m.file == path).collect();
        for (line, part) in wanted {
            let fits = |m: &&Mistake| m.line == line && m.to_string().contains(part);
            match found.iter().position(fits) {
                Some(i) => drop(found.remove(i)),
                None => failures.push(format!("{name}:{line}: `{part}` was not found")),
            }
        }
        failures.extend(
            found
                .iter()
                .map(|more| format!("{name}: not wanted: {more}")),
        );
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_officers_day_overlay_has_no_mistakes_and_its_own_books() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/data/officers-day/catalogue"
    );
    let catalogue = match Catalogue::load(&folder(path)) {
        Ok(catalogue) => catalogue,
        Err(mistakes) => panic!("{}", lines(&mistakes)),
    };
    let kinds: Vec<&str> = catalogue.kinds.keys().map(String::as_str).collect();
    assert_eq!(kinds, ["case", "meeting", "patrol", "visit"]);
    assert!(catalogue.kinds.values().all(|kind| kind.steps.is_empty()));
    let text = catalogue.kinds["meeting"].field("text").unwrap();
    assert_eq!((text.merge, text.ty), (Merge::Text, FieldType::CoText));
    assert_eq!(catalogue.kinds["case"].handlers.as_deref(), Some("handler"));
}

/// The workload's bodies are the reference for the overlay: every name in them is a field.
#[test]
fn the_officers_day_overlay_has_a_field_for_every_name_of_the_workload() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/officers-day");
    let catalogue = Catalogue::load(&folder(&format!("{root}/catalogue"))).unwrap();
    for file in ["device-000.jsonl", "base-group-000.jsonl"] {
        let text = std::fs::read_to_string(format!("{root}/{file}")).unwrap();
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let body = line.get("body").unwrap_or(&line);
            let Some(kind) = body.get("kind").and_then(|kind| kind.as_str()) else {
                continue;
            };
            for name in body.as_object().unwrap().keys() {
                let of_record = ["kind", "id", "op"].contains(&name.as_str());
                assert!(
                    of_record || catalogue.kinds[kind].field(name).is_some(),
                    "{kind} has no field {name}"
                );
            }
        }
    }
}

#[test]
fn evidence_has_fixed_cells_and_a_table_its_own() {
    let case = &Catalogue::embedded().kinds["case"];
    let names = |field: &str| {
        let cells = case.field(field).unwrap().row_cells().iter();
        cells.map(|cell| cell.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("evidence"), ["sha256", "mime", "size", "name"]);
    assert_eq!(names("penalties"), ["kind", "amount"]);
    assert!(names("cause").is_empty());
}

#[test]
fn defaults_are_flag_author_and_handler_never_required_not_personal() {
    let field = Catalogue::embedded().kinds["case"].field("cause").unwrap();
    assert_eq!(field.merge, Merge::Flag);
    assert_eq!(field.write, [AUTHOR, HANDLER]);
    assert_eq!(field.personal, None);
    let law = Catalogue::embedded().kinds["case"].field("law").unwrap();
    assert_eq!(law.required, Required::Never);
}

#[test]
fn a_column_is_as_personal_as_what_it_reads() {
    let book = &Catalogue::embedded().books["R3"];
    assert_eq!(book.column("party").unwrap().personal, Some(Personal::Name));
    assert_eq!(book.column("cause").unwrap().personal, None);
    // Who received a document stands in the same table, but not in this column.
    let documents = book.column("document_numbers").unwrap();
    assert_eq!(documents.personal, None);
    let present = Catalogue::embedded().books["R2"].column("present").unwrap();
    assert_eq!(present.personal, Some(Personal::Name));
}

#[test]
fn mistakes_in_the_rules_of_metrics_are_told_with_their_mends() {
    let rules = r#"
book = "N"
settings = []
baselines = [{ day = "2026-02-30" }]
phases = [{ kind = "finding", done = ["fixed"] }]
"#;
    let mistakes = load(&[DEFAULT, ("metrics.toml", rules)]).unwrap_err();
    let told = lines(&mistakes);
    for part in [
        "unknown book `N`",
        "unknown key `settings`",
        "2026-02-30",
        "unknown step `fixed`",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
}
