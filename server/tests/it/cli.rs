//! The command line as an operator and the outside checks use it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};

use sync_core::ids::StationId;
use sync_core::sync::JoinCode;
use tempfile::TempDir;
use wardbook::datadir::DataDir;
use wardbook::db::Location;

use crate::store::{TestStore, block_on};

pub struct Operator {
    folder: TempDir,
    locale: &'static str,
}

impl Operator {
    pub fn new() -> Operator {
        Operator {
            folder: TempDir::new().unwrap(),
            locale: "C",
        }
    }

    pub fn with_station() -> Operator {
        let operator = Operator::new();
        operator.done(&["init", "--station", "S00", "--name", "虹桥站"]);
        operator
    }

    /// With its station in a database; none where there is no PostgreSQL.
    pub fn on_postgres() -> Option<(Operator, TestStore)> {
        let store = block_on(TestStore::postgres())?;
        let Location::Url(url) = &store.location else {
            panic!("not a URL")
        };
        let operator = Operator::new();
        operator.done(&["init", "--station", "S00", "--name", "x", "--database", url]);
        Some((operator, store))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardbook"));
        command
            .args(arguments)
            .arg("--data")
            .arg(self.folder.path().join("data"));
        command.env_clear().env("LANG", self.locale);
        command
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Starts serving, and waits until it listens.
    pub fn serve_with(&self, arguments: &[&str]) -> (Running, String) {
        let mut child = self
            .command(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .unwrap()
            .to_owned();
        (Running(child), address)
    }

    /// Runs a command that has no store.
    pub fn run_plain(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardbook"));
        command.args(arguments).env_clear().env("LANG", self.locale);
        command.output().unwrap()
    }

    pub fn done_plain(&self, arguments: &[&str]) -> String {
        let output = self.run_plain(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Fails with the status and says one line.
    pub fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(line.lines().count(), 1, "{line}");
        line
    }
}

#[test]
fn init_makes_a_private_store_with_a_key() {
    let operator = Operator::with_station();
    let data = operator.folder.path().join("data");
    let mode = |path| {
        std::fs::metadata(data.join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(
        (mode(""), mode("keys"), mode("keys/S00.key")),
        (0o700, 0o700, 0o600)
    );
    assert_eq!(mode("wardbook.db"), 0o600);
    let key = DataDir::new(&data)
        .key(&StationId::new("S00").unwrap())
        .unwrap();
    assert_eq!(key.public().len(), 33);
    assert_eq!(operator.done(&["station", "list"]), "S00\t虹桥站\t+08:00\n");
}

#[test]
fn init_again_says_that_the_station_is_there_and_another_joins_it() {
    let operator = Operator::with_station();
    let line = operator.fails(&["init", "--station", "S00", "--name", "x"]);
    assert!(
        line.contains("station S00 is in this store already"),
        "{line}"
    );
    operator.done(&["init", "--station", "S01", "--name", "二站"]);
    operator.done(&["station", "rename", "三站", "--station", "S01"]);
    operator.done(&["station", "zone", "-03:30", "--station", "S01"]);
    assert_eq!(
        operator.done(&["station", "list", "--json"]),
        "{\"stations\":[{\"station\":\"S00\",\"name\":\"虹桥站\",\"zone\":\"+08:00\"},\
         {\"station\":\"S01\",\"name\":\"三站\",\"zone\":\"-03:30\"}]}\n"
    );
}

#[test]
fn invite_prints_the_code_on_the_first_line_and_makes_the_member() {
    let operator = Operator::with_station();
    let out = operator.done(&["invite", "--station", "S00", "--officer", "O0000"]);
    let code = JoinCode::parse(out.lines().next().unwrap()).unwrap();
    assert_eq!(code.station().as_str(), "S00");
    let list = operator.done(&["officer", "list", "--station", "S00"]);
    assert_eq!(list, "O0000\tO0000\t\t\t\tstationed_officer\n");
    let line = operator.fails(&[
        "invite",
        "--station",
        "S00",
        "--officer",
        "O0000",
        "--role",
        "squad_leader",
    ]);
    assert!(
        line.contains("does not hold the role squad_leader"),
        "{line}"
    );
}

#[test]
fn officers_are_listed_with_what_was_entered() {
    let operator = Operator::with_station();
    let add = [
        "officer",
        "add",
        "--station",
        "S00",
        "--officer",
        "O1",
        "--name",
        "王芳",
    ];
    let facts = [
        "--post",
        "中队长",
        "--certificate",
        "沪A1",
        "--valid-from",
        "2024-01-01",
    ];
    let roles = [
        "--role",
        "squad_leader",
        "--role",
        "stationed_officer",
        "--role",
        "squad_leader",
    ];
    operator.done(&[&add[..], &facts[..], &roles[..]].concat());
    operator.done(&[
        "officer",
        "change",
        "--station",
        "S00",
        "--officer",
        "O1",
        "--valid-until",
        "2027-01-01",
    ]);
    let line = "O1\t王芳\t中队长\t沪A1\t2024-01-01..2027-01-01\tsquad_leader,stationed_officer";
    assert_eq!(
        operator.done(&["officer", "list", "--station", "S00"]),
        format!("{line}\n")
    );
    operator.done(&["officer", "remove", "--station", "S00", "--officer", "O1"]);
    assert_eq!(operator.done(&["officer", "list", "--station", "S00"]), "");
    let all = operator.done(&["officer", "list", "--station", "S00", "--all"]);
    assert_eq!(all, format!("{line}\tleft\n"));
}

#[test]
fn wrong_use_has_status_2_and_anything_else_1() {
    let operator = Operator::new();
    for wrong in [
        &["bogus"][..],
        &["init", "--station", "S/0", "--name", "x"],
        &["init", "--station", "S00", "--name", " "],
        &["station", "zone", "8", "--station", "S00"],
        &[
            "officer",
            "add",
            "--station",
            "S00",
            "--officer",
            "O1",
            "--name",
            "x",
            "--valid-from",
            "today",
        ],
    ] {
        assert_eq!(operator.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
    let line = operator.fails(&["station", "list"]);
    assert!(line.contains("there is no store at"), "{line}");
    assert!(line.contains("wardbook init"), "{line}");
    let chinese = Operator {
        locale: "zh_CN.UTF-8",
        ..operator
    };
    let line = chinese.fails(&["station", "list"]);
    assert!(line.contains("此处没有台账库"), "{line}");
}

#[test]
fn a_damaged_or_missing_key_is_said_to_be_so() {
    let operator = Operator::with_station();
    let key = operator.folder.path().join("data/keys/S00.key");
    let (data, station) = (
        DataDir::new(operator.folder.path().join("data")),
        StationId::new("S00").unwrap(),
    );
    std::fs::write(&key, [0; 32]).unwrap();
    assert!(
        data.key(&station)
            .unwrap_err()
            .to_string()
            .contains("S00.key")
    );
    std::fs::remove_file(&key).unwrap();
    assert!(
        data.key(&station)
            .unwrap_err()
            .to_string()
            .contains("missing")
    );
}

#[test]
fn init_on_postgres_is_remembered_by_later_commands() {
    let Some((operator, store)) = Operator::on_postgres() else {
        return;
    };
    assert_eq!(operator.done(&["station", "list"]), "S00\tx\t+08:00\n");
    assert!(!operator.folder.path().join("data/wardbook.db").exists());
    let mode = std::fs::metadata(operator.folder.path().join("data/database")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    block_on(async { store.db.close().await });
}

/// A process that is killed when the test ends, however it ends.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn serve(operator: &Operator) -> (Running, String) {
    operator.serve_with(&[])
}

#[test]
fn serve_says_where_it_listens_works_beside_other_commands_and_stops_when_told() {
    let operator = Operator::with_station();
    let (mut server, address) = serve(&operator);
    let mut stream = TcpStream::connect(&address).unwrap();
    stream
        .write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    operator.done(&["invite", "--station", "S00", "--officer", "O0000"]);
    let pid = server.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(server.0.wait().unwrap().success());
}

#[test]
fn a_port_in_use_is_one_line_that_says_what_to_do() {
    let operator = Operator::with_station();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = operator.fails(&["serve", "--listen", &address]);
    assert!(
        line.contains(&format!("port {}", taken.local_addr().unwrap().port())),
        "{line}"
    );
    assert!(line.contains("--listen"), "{line}");
    let line = operator.fails(&["serve", "--listen", "127.0.0.1:0", "--console", "0.0.0.0:0"]);
    assert!(line.contains("no log-in yet"), "{line}");
}
