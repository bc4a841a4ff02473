//! The shape of the house: who may know whom.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names that each crate of the workspace depends on outside tests and builds.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let all = package["dependencies"].as_array().expect("dependencies");
            let mut names: Vec<String> = all
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| dependency["name"].as_str().unwrap_or_default().to_owned())
                .collect();
            names.sort();
            (
                package["name"].as_str().unwrap_or_default().to_owned(),
                names,
            )
        })
        .collect()
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder reads").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Each package of a build of the whole workspace with the features it is built with.
fn features(of: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--offline", "--prefix", "none"])
        .args(["--format", "{p} {f}", "--edges", of])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{output:?}");
    let tree = String::from_utf8(output.stdout).expect("cargo writes text");
    tree.lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
}

#[test]
fn tests_and_programs_are_built_of_the_same_dependencies() {
    // Where a test's dependency turns on a feature of a program's, cargo builds that one, and all
    // that stands on it, twice.
    let (programs, with_tests) = (features("normal,build"), features("normal,build,dev"));
    assert!(programs.len() > 100, "{programs:?}");
    let twice: Vec<_> = programs.difference(&with_tests).collect();
    assert_eq!(twice, [] as [&String; 0]);
}

#[test]
fn sync_core_depends_on_nothing_that_does_input_or_output() {
    // A new name here is a decision: say in docs/decisions what becomes simpler.
    let known = [
        "automerge",
        "brotli",
        "data-encoding",
        "hmac",
        "jiff",
        "minicbor",
        "minijinja",
        "p256",
        "serde",
        "serde_json",
        "sha2",
        "thiserror",
        "toml",
    ];
    assert_eq!(dependencies()["sync-core"], known);
}

#[test]
fn the_server_knows_the_phone_in_its_demo_alone() {
    let folder = root().join("server/src");
    let mut files = Vec::new();
    sources(&folder, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("the file reads");
        let names_it = text
            .lines()
            .map(|line| line.replace("std::ffi::", ""))
            .any(|line| line.contains("ffi::") && !line.trim().starts_with("//"));
        let is_demo = file
            .strip_prefix(&folder)
            .is_ok_and(|path| path.starts_with("demo"));
        assert!(is_demo || !names_it, "{} names the phone", file.display());
    }
}

#[test]
fn the_phone_does_not_know_the_server() {
    let phone = &dependencies()["ffi"];
    assert!(!phone.iter().any(|name| name == "wardbook"), "{phone:?}");
}

#[test]
fn sync_core_reads_no_clock_no_randomness_and_no_hash_order() {
    let mut files = Vec::new();
    sources(&root().join("sync-core/src"), &mut files);
    let inside = root().join("sync-core/src");
    files.retain(|file| {
        let path = file.strip_prefix(&inside).unwrap_or(file);
        let in_tests = path.components().any(|part| part.as_os_str() == "tests");
        !in_tests && !path.ends_with("tests.rs")
    });
    for file in files {
        let text = fs::read_to_string(&file).expect("the file reads");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in [
            "std::time::",
            "std::env",
            "std::fs",
            "HashMap",
            "HashSet",
            "getrandom",
            "rand::rng",
        ] {
            let found = text
                .lines()
                .find(|line| line.contains(word) && !line.trim().starts_with("//"));
            assert_eq!(found, None, "{} in {}", word, file.display());
        }
    }
}
