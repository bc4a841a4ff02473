//! What does one phone's day cost: until the receipt, and until it is in the books?

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::Wish;
use crate::figures::{Scene, Unit, median, ms};
use crate::plain::{Cost, Plain};
use crate::station::{House, Synced, day_file, workload};

/// One run: a station of its own, one phone's day, and plain's beside it.
#[derive(Debug)]
struct Run {
    synced: Synced,
    cpu: Duration,
    peak: u64,
    /// Plain's first request is its slowest: the median of a few counts.
    plain: Vec<Cost>,
    plain_cpu: Duration,
    plain_peak: u64,
}

const POSTS: u32 = 10;

impl Run {
    fn measure(flags: &[&str]) -> Result<Run> {
        let house = House::start(&[workload().join("base-group-000.jsonl")])?;
        let phone = house.phone(0, 0)?;
        phone.sync(&[])?;
        phone.import(&day_file(0))?;
        let before = house.server.cpu()?;
        let synced = phone.sync(flags)?;
        let (cpu, peak) = (house.server.cpu()? - before, house.server.peak()?);
        ensure!(synced.held == 0, "{} acts were held", synced.held);
        drop(house);
        let plain = Plain::start()?;
        let costs = (0..POSTS).map(|_| plain.post(&day_file(0)));
        Ok(Run {
            synced,
            cpu,
            peak,
            plain: costs.collect::<Result<_>>()?,
            plain_cpu: plain.server.cpu()? / POSTS,
            plain_peak: plain.server.peak()?,
        })
    }
}

pub fn until_receipt(wish: &Wish) -> Result<Scene> {
    let about = format!(
        "one phone's day until its receipt, median of {} runs",
        wish.runs
    );
    let runs = runs(wish, &["--wait-ms", "0"])?;
    let mut scene = Scene::new("day-receipt", about);
    travel(&mut scene, "time to receipt", &runs);
    Ok(scene)
}

pub fn until_in_books(wish: &Wish) -> Result<Scene> {
    let about = format!(
        "one phone's day until it is registered and the phone knows, median of {} runs",
        wish.runs
    );
    let runs = runs(wish, &["--wait-registered"])?;
    let mut scene = Scene::new("day-books", about);
    travel(&mut scene, "time to registered", &runs);
    let (cpu, plain_cpu) = (
        median(runs.iter().map(|run| ms(run.cpu))),
        median(runs.iter().map(|run| ms(run.plain_cpu))),
    );
    scene.both("server CPU", Unit::Ms, cpu, plain_cpu);
    let (peak, plain_peak) = (
        median(runs.iter().map(|run| run.peak as f64)),
        median(runs.iter().map(|run| run.plain_peak as f64)),
    );
    scene.both("server peak", Unit::Bytes, peak, plain_peak);
    Ok(scene)
}

fn runs(wish: &Wish, flags: &[&str]) -> Result<Vec<Run>> {
    (0..wish.runs).map(|_| Run::measure(flags)).collect()
}

fn travel(scene: &mut Scene, time: &'static str, runs: &[Run]) {
    let ours = |of: fn(&Synced) -> f64| median(runs.iter().map(|run| of(&run.synced)));
    let plain = |of: fn(&Cost) -> f64| median(runs.iter().flat_map(|run| &run.plain).map(of));
    scene.both(time, Unit::Ms, ours(|s| ms(s.time)), plain(|c| ms(c.time)));
    scene.both(
        "up",
        Unit::Bytes,
        ours(|s| s.up as f64),
        plain(|c| c.up as f64),
    );
    let down = (ours(|s| s.down as f64), plain(|c| c.down as f64));
    scene.both("down", Unit::Bytes, down.0, down.1);
    scene.both("requests", Unit::Count, ours(|s| s.requests as f64), 1.0);
}
