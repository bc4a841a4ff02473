use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;

use super::*;
use crate::record::value::from_json;

pub(super) fn folder() -> Sources {
    fn read(root: &Path, at: &Path, sources: &mut Sources) {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(root, &path, sources);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .replace('\\', "/");
                sources.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/data/officers-day/catalogue"
    );
    let mut sources = Sources::new();
    read(Path::new(root), Path::new(root), &mut sources);
    sources
}

pub(super) fn station_of_the_workload() -> Station {
    station(overlay(&folder(), &[]))
}

/// A body of the workload as the edits that make it.
fn edits(catalogue: &Catalogue, body: &Json) -> Vec<Edit> {
    let kind = &catalogue.kinds[body["kind"].as_str().unwrap()];
    let mut edits = Vec::new();
    for field in &kind.fields {
        let Some(value) = body.get(&field.name) else {
            continue;
        };
        if field.is_rows() {
            for row in value.as_array().unwrap() {
                let cells = field.row_cells().iter().filter_map(|cell| {
                    let value = row.get(&cell.name)?;
                    Some((cell.name.clone(), from_json(cell, value).unwrap()))
                });
                edits.push(Edit::AddRow {
                    field: field.name.clone(),
                    cells: cells.collect(),
                });
            }
        } else if field.many {
            for value in value.as_array().unwrap() {
                let value = from_json(field, value).unwrap();
                edits.push(Edit::Add {
                    field: field.name.clone(),
                    value,
                });
            }
        } else if field.merge != crate::catalogue::Merge::Text {
            let spot = Spot::Field(field.name.clone());
            edits.push(Edit::Set {
                spot,
                value: from_json(field, value).unwrap(),
            });
        }
    }
    edits
}

fn papers(station: &Station, file: &str) -> Vec<Paper> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/officers-day");
    let text = std::fs::read_to_string(format!("{root}/{file}")).unwrap();
    let bodies = text
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap());
    let bodies = bodies.map(|line| line.get("body").cloned().unwrap_or(line));
    let bodies = bodies.filter(|body| body.get("kind").is_some());
    bodies
        .enumerate()
        .map(|(n, body)| {
            let kind = body["kind"].as_str().unwrap().to_owned();
            let edits = edits(station.catalogue(), &body);
            Paper::new(station, &kind, 1, n as u64 * 10 + 1, at(20, 0), &edits)
        })
        .collect()
}

#[test]
fn every_case_of_the_base_has_its_row_in_the_register() {
    let station = station_of_the_workload();
    let papers = papers(&station, "base-group-000.jsonl");
    let cases: Vec<&Paper> = papers.iter().filter(|paper| paper.kind == "case").collect();
    assert!(!cases.is_empty());
    let lines: Vec<Line> = papers
        .iter()
        .flat_map(|paper| paper.lines(&station))
        .collect();
    let facts = PageFacts {
        offset: 480,
        ..PageFacts::default()
    };
    let page = page(&station.catalogue().books["R3"], &lines, &facts);
    assert_eq!(page.rows.len(), cases.len());
    for row in 0..page.rows.len() {
        assert!(!zh(&page, row, "no").is_empty());
        assert!(zh(&page, row, "log").parse::<usize>().is_ok());
        assert!(page.rows[row].marks[0].marks.unreadable.is_empty());
    }
}

#[test]
fn an_officers_day_becomes_one_row_that_counts_its_visits() {
    let station = station_of_the_workload();
    let papers = papers(&station, "device-000.jsonl");
    let count = |kind: &str| papers.iter().filter(|paper| paper.kind == kind).count();
    let lines: Vec<Line> = papers
        .iter()
        .flat_map(|paper| paper.lines(&station))
        .collect();
    let page = page(&station.catalogue().books["R1"], &lines, &day_facts());
    let visits = page.rows.iter().map(|row| {
        let at = page
            .columns
            .iter()
            .position(|column| column.id == "visits")
            .unwrap();
        row.cells[at].number.unwrap_or_default() as usize
    });
    assert_eq!(visits.sum::<usize>(), count("visit"));
    let mut days: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &page.rows {
        *days.entry(row.day.as_deref().unwrap()).or_default() += 1;
    }
    assert!(days.values().all(|rows| *rows == 1), "{days:?}");
}

#[test]
fn a_changed_status_shows_what_stood_before_it() {
    let station = station_of_the_workload();
    let mut papers = papers(&station, "base-group-000.jsonl");
    let paper = papers
        .iter_mut()
        .find(|paper| paper.kind == "case")
        .unwrap();
    paper.edit(2, at(21, 0), &[set("status", "closed")]);
    let line = paper.lines(&station).remove(0);
    let amended = &line.marks.amended[0];
    assert_eq!(
        (
            amended.column.as_str(),
            amended.old.zh.as_str(),
            amended.new.zh.as_str()
        ),
        ("status", "open", "closed")
    );
    assert!(facts(&paper.view(), &station).amended);
}
