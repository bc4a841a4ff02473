//! What was called SAVED survives `kill -9` at any instant.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ffi::{Clock, Phone};
use sync_core::fieldbook::import;
use sync_core::ids::Hash;
use sync_core::record::export;

use crate::station::{OFFICERS_DAY, join, workload};

const KILLS: u64 = 200;

#[test]
fn what_was_saved_survives_two_hundred_kills_and_nothing_is_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let (file, text) = own_lines(folder.path());
    let steps = import::steps(&text);
    let joined = folder.path().join("joined");
    drop(join(&joined, &workload(), &["stationed_officer"]));

    let whole = folder.path().join("whole");
    copy(&joined, &whole);
    let mut phone = Phone::open(&whole, Clock::default()).unwrap();
    phone.import(&file, |_| Ok(())).unwrap();
    assert_eq!(phone.status().saved, steps.len() as u64);
    let whole = contents(&phone);

    let (mut kills, mut stores, mut finished) = (0, 0, 0);
    while kills < KILLS || finished < 1 {
        stores += 1;
        let store = folder.path().join(format!("store-{stores}"));
        copy(&joined, &store);
        let mut acknowledged = 0;
        loop {
            let (acks, was_killed) = import_and_kill(&store, &file, kills, acknowledged);
            let phone = Phone::open(&store, Clock::default()).unwrap();
            let saved = phone.status().saved as usize;
            acknowledged = acknowledged.max(acks.len());
            assert!(saved >= acknowledged, "{saved} of {acknowledged} are there");
            // The ids come in the order of the file: what was saved before is acknowledged too.
            for (ack, step) in acks.iter().zip(&steps) {
                assert_eq!(ack, import::Line::read(step.text).unwrap().id());
            }
            let mut made = BTreeMap::new();
            for step in &steps[..saved] {
                if let Ok(import::Line::Create { id, .. }) = import::Line::read(step.text) {
                    made.insert(id, 1);
                }
            }
            let mut listed: BTreeMap<String, i32> = BTreeMap::new();
            for row in phone.list().unwrap() {
                *listed.entry(row.external_id.unwrap()).or_default() += 1;
            }
            assert_eq!(listed, made);
            kills += u64::from(was_killed);
            if !was_killed {
                assert_eq!(contents(&phone), whole);
                finished += 1;
                break;
            }
        }
    }
}

/// The lines of a day that need nothing from elsewhere.
fn own_lines(folder: &Path) -> (std::path::PathBuf, String) {
    let day = Path::new(OFFICERS_DAY).join("device-000.jsonl");
    let day = std::fs::read_to_string(day).unwrap();
    let own = day
        .lines()
        .filter(|line| line.contains("-d000-") && !line.contains("\"op\":\"insert\""));
    let text: String = own.flat_map(|line| [line, "\n"]).collect();
    let file = folder.join("day.jsonl");
    std::fs::write(&file, &text).unwrap();
    (file, text)
}

/// Plays the file and kills the player a drawn moment after it has acknowledged a drawn number of
/// acts, so that there is progress on the slowest machine. Gives the ids it acknowledged and
/// whether it was killed before it had finished.
fn import_and_kill(store: &Path, file: &Path, seed: u64, before: usize) -> (Vec<String>, bool) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fieldbook"))
        .arg("--store")
        .arg(store)
        .args(["import", "--ack"])
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let draw = Hash::of_parts("kill", &[&seed.to_be_bytes()]).0;
    let new_acks = usize::from(draw[0] % 4);
    let micros = u64::from(u16::from_be_bytes([draw[1], draw[2]])) % 12_000;
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    for _ in 0..before + new_acks {
        if out.read_line(&mut said).unwrap() == 0 {
            break;
        }
    }
    std::thread::sleep(Duration::from_micros(micros));
    // SIGKILL. It fails only where the child has ended by itself.
    let _ = child.kill();
    let was_killed = !child.wait().unwrap().success();
    out.read_to_string(&mut said).unwrap();
    // A line that was cut is no acknowledgement.
    let whole = said.rsplit_once('\n').map_or("", |(whole, _)| whole);
    (whole.lines().map(str::to_owned).collect(), was_killed)
}

/// All records as exports show them.
fn contents(phone: &Phone) -> BTreeMap<String, String> {
    let rows = phone.list().unwrap();
    rows.into_iter()
        .map(|row| {
            let record = phone.record_view(row.record).unwrap();
            let line = export::line(&record.view, record.kind());
            (
                row.record.to_string(),
                serde_json::Value::Object(line).to_string(),
            )
        })
        .collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
