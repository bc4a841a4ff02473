//! Plain: what does the same day cost without merging, verifying and signing?

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::Wish;
use crate::children::{Serving, Stopwatch};
use crate::figures::{Scene, Unit, median, ms};
use crate::{plain_server, station};

#[derive(Debug)]
pub struct Plain {
    pub server: Serving,
    _folder: TempDir,
}

/// One request and its answer: TCP payload, HTTP included.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub time: Duration,
    pub up: u64,
    pub down: u64,
}

impl Plain {
    pub fn start() -> Result<Plain> {
        let folder = TempDir::new()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(plain_server::COMMAND).arg(folder.path());
        Ok(Plain {
            server: Serving::start(command)?,
            _folder: folder,
        })
    }

    /// Posts a file of acts. A phone packs before it sends, so packing is in the time.
    pub fn post(&self, day: &Path) -> Result<Cost> {
        let text = std::fs::read_to_string(day)?;
        self.post_lines(&text.lines().collect::<Vec<_>>())
    }

    /// Posts a file that is too large for one request.
    pub fn post_in_parts(&self, file: &Path) -> Result<Duration> {
        const TOGETHER: usize = 100;
        let text = std::fs::read_to_string(file)?;
        let watch = Stopwatch::start();
        for part in text.lines().collect::<Vec<_>>().chunks(TOGETHER) {
            self.post_lines(part)?;
        }
        Ok(watch.elapsed())
    }

    fn post_lines(&self, lines: &[&str]) -> Result<Cost> {
        let watch = Stopwatch::start();
        let body = format!("{{\"device\":\"d\",\"lines\":[{}]}}", lines.join(","));
        let mut packed = GzEncoder::new(Vec::new(), Compression::new(6));
        packed.write_all(body.as_bytes())?;
        self.ask(watch, "POST /day", &packed.finish()?)
    }

    pub fn after(&self, line: usize) -> Result<Cost> {
        self.ask(Stopwatch::start(), &format!("GET /after/{line}"), &[])
    }

    fn ask(&self, watch: Stopwatch, what: &str, body: &[u8]) -> Result<Cost> {
        let address = &self.server.address;
        let mut request = format!(
            "{what} HTTP/1.1\r\nhost: {address}\r\ncontent-encoding: gzip\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend(body);
        let mut line = TcpStream::connect(address).context("plain does not serve")?;
        line.write_all(&request)?;
        let mut answer = Vec::new();
        line.read_to_end(&mut answer)?;
        let time = watch.elapsed();
        if !answer.starts_with(b"HTTP/1.1 200") {
            bail!("plain: {}", String::from_utf8_lossy(&answer));
        }
        Ok(Cost {
            time,
            up: request.len() as u64,
            down: answer.len() as u64,
        })
    }
}

/// Plain by itself: twenty days one after the other.
pub fn measure(_: &Wish) -> Result<Scene> {
    const DAYS: u32 = 20;
    let (plain, day) = (Plain::start()?, station::day_file(0));
    let costs = (0..DAYS)
        .map(|_| plain.post(&day))
        .collect::<Result<Vec<_>>>()?;
    let about = format!("median of {DAYS} days posted one after the other");
    let mut scene = Scene::new("plain", about);
    let time = median(costs.iter().map(|cost| ms(cost.time)));
    scene.plain("time to answer", Unit::Ms, time);
    scene.plain("up", Unit::Bytes, costs[0].up as f64);
    scene.plain("down", Unit::Bytes, costs[0].down as f64);
    scene.plain("server CPU", Unit::Ms, ms(plain.server.cpu()? / DAYS));
    scene.plain("server peak", Unit::Bytes, plain.server.peak()? as f64);
    Ok(scene)
}
