//! What do many phones cost that find the network at the same moment?

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::Wish;
use crate::children::{self, Stopwatch, Used};
use crate::figures::{Scene, Unit, median, ms};
use crate::note;
use crate::plain::{Cost, Plain};
use crate::station::{self, House, Phone, Synced};

/// Phones that share cases and minutes, as the workload groups them.
pub const GROUP: usize = 4;
/// Records of a group that were there before, and those a phone makes in its day.
const SHARED: usize = 18;
const MADE: usize = 44;
/// So long may the phones' mornings take to play.
const PATIENCE: Duration = Duration::from_secs(180);
const FEWER: usize = 40;
const FIRST: usize = 8;
const TO_THE_END: Duration = Duration::from_secs(600);

pub fn measure(wish: &Wish) -> Result<Scene> {
    let days = TempDir::new()?;
    station::generate(wish.phones, 1, days.path())?;
    let groups = wish.phones.div_ceil(GROUP);
    let house = House::start(&stocks(days.path(), groups, wish.phones_a_station)?)?;
    let watch = Stopwatch::start();
    let phones = prepare(wish, &house, days.path())?;
    let prepared = watch.elapsed();
    note(&format!(
        "{} phones have played their days ({:.0} s)",
        phones.len(),
        prepared.as_secs_f64()
    ));
    let ours = Ours::measure(&house, &phones)?;
    let expected = groups * SHARED + phones.len() * MADE;
    let records = house.books()?.records()?;
    ensure!(
        records == expected as i64,
        "{records} of {expected} records"
    );
    ensure!(house.books()?.held()? == 0, "acts were held");
    let peak = house.server.peak()?;
    drop(house);
    let plain = AllPlain::measure(phones.len(), days.path())?;

    let mut about = format!(
        "{} phones at once, {} a station, one run",
        phones.len(),
        wish.phones_a_station
    );
    if phones.len() < wish.phones {
        about += &format!(
            ", not {}: playing their days takes too long here",
            wish.phones
        );
    }
    let mut scene = Scene::new("phones", about);
    let n = phones.len() as f64;
    scene.ours("phones", Unit::Count, n);
    scene.both(
        "receipts of all",
        Unit::Ms,
        ms(ours.receipts),
        ms(plain.wall),
    );
    scene.both(
        "phones done with the sync",
        Unit::Ms,
        ms(ours.synced),
        ms(plain.wall),
    );
    scene.both(
        "in the books of all",
        Unit::Ms,
        ms(ours.in_books),
        ms(plain.wall),
    );
    let one = (
        median(ours.each.iter().map(|synced| ms(synced.time))),
        median(plain.each.iter().map(|cost| ms(cost.time))),
    );
    scene.both("one phone's sync, median", Unit::Ms, one.0, one.1);
    scene.both("server CPU", Unit::Ms, ms(ours.cpu), ms(plain.cpu));
    scene.both("server peak", Unit::Bytes, peak as f64, plain.peak as f64);
    scene.both(
        "CPU of the phones",
        Unit::Ms,
        ms(ours.phone_cpu),
        ms(plain.phone_cpu),
    );
    let sum = |of: fn(&Synced) -> u64| ours.each.iter().map(of).sum::<u64>() as f64 / n;
    let plain_sum = |of: fn(&Cost) -> u64| plain.each.iter().map(of).sum::<u64>() as f64 / n;
    scene.both(
        "up, a phone",
        Unit::Bytes,
        sum(|s| s.up),
        plain_sum(|c| c.up),
    );
    scene.both(
        "down, a phone",
        Unit::Bytes,
        sum(|s| s.down),
        plain_sum(|c| c.down),
    );
    scene.both("requests, a phone", Unit::Count, sum(|s| s.requests), 1.0);
    scene.ours("playing the days before", Unit::Ms, ms(prepared));
    Ok(scene)
}

/// What the groups of each station share, in one file a station.
fn stocks(days: &Path, groups: usize, phones_a_station: usize) -> Result<Vec<PathBuf>> {
    let groups: Vec<usize> = (0..groups).collect();
    let stations = groups.chunks(phones_a_station / GROUP).enumerate();
    let stock = |(station, groups): (usize, &[usize])| {
        let mut all = Vec::new();
        for group in groups {
            let path = days.join(format!("base-group-{group:03}.jsonl"));
            all.extend(std::fs::read(path)?);
        }
        let path = days.join(format!("stock-{station}.jsonl"));
        std::fs::write(&path, all)?;
        Ok(path)
    };
    stations.map(stock).collect()
}

fn day(days: &Path, device: usize) -> PathBuf {
    days.join(format!("device-{device:03}.jsonl"))
}

/// Phones that have played their day without a signal: as many as there is time for.
fn prepare(wish: &Wish, house: &House, days: &Path) -> Result<Vec<Phone>> {
    let (watch, wanted) = (Stopwatch::start(), wish.phones);
    let phone = |device| house.phone(device / wish.phones_a_station, device);
    let mut phones = play(0..wanted.min(FIRST), &phone, days)?;
    let each = watch.elapsed() / phones.len().max(1) as u32;
    let wanted = match each * wanted as u32 > PATIENCE {
        true => wanted.min(FEWER),
        false => wanted,
    };
    phones.extend(play(phones.len()..wanted, &phone, days)?);
    Ok(phones)
}

fn play(
    which: std::ops::Range<usize>,
    join: &(dyn Fn(usize) -> Result<Phone> + Sync),
    days: &Path,
) -> Result<Vec<Phone>> {
    let next = AtomicUsize::new(which.start);
    let work = || -> Result<Vec<(usize, Phone)>> {
        let mut played = Vec::new();
        loop {
            let device = next.fetch_add(1, Ordering::Relaxed);
            if device >= which.end {
                return Ok(played);
            }
            let phone = join(device)?;
            phone.sync(&[])?;
            phone.import(&day(days, device))?;
            played.push((device, phone));
        }
    };
    let mut played = std::thread::scope(|scope| -> Result<Vec<_>> {
        let workers: Vec<_> = (0..GROUP).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.join().ok().context("a worker panicked")??);
        }
        Ok(all)
    })?;
    played.sort_by_key(|(device, _)| *device);
    Ok(played.into_iter().map(|(_, phone)| phone).collect())
}

#[derive(Debug)]
struct Ours {
    receipts: Duration,
    synced: Duration,
    in_books: Duration,
    cpu: Duration,
    phone_cpu: Duration,
    each: Vec<Synced>,
}

impl Ours {
    fn measure(house: &House, phones: &[Phone]) -> Result<Ours> {
        let books = house.books()?;
        let (cpu, used) = (house.server.cpu()?, Used::now()?);
        let (watch, began) = (Stopwatch::start(), now_ms());
        let mut running = Vec::new();
        for phone in phones {
            let mut sync = phone.command("sync")?;
            running.push(children::spawn(sync.args(["--json", "--wait-ms", "0"]))?);
        }
        let mut each = Vec::new();
        for child in running {
            each.push(Synced::read(&children::finish(child)?)?);
        }
        let synced = watch.elapsed();
        books.until_nothing_waits(TO_THE_END)?;
        let in_books = watch.elapsed();
        let receipts = (books.last_receipt()? - began).max(0);
        Ok(Ours {
            receipts: Duration::from_millis(receipts.unsigned_abs()),
            synced,
            in_books,
            cpu: house.server.cpu()? - cpu,
            phone_cpu: Used::now()?.ended_children - used.ended_children,
            each,
        })
    }
}

#[derive(Debug)]
struct AllPlain {
    wall: Duration,
    cpu: Duration,
    phone_cpu: Duration,
    peak: u64,
    each: Vec<Cost>,
}

impl AllPlain {
    fn measure(phones: usize, days: &Path) -> Result<AllPlain> {
        let plain = Plain::start()?;
        let (used, watch) = (Used::now()?, Stopwatch::start());
        let each = std::thread::scope(|scope| -> Result<Vec<Cost>> {
            let plain = &plain;
            let post = |device| scope.spawn(move || plain.post(&day(days, device)));
            let posts: Vec<_> = (0..phones).map(post).collect();
            let done = posts.into_iter().map(|post| post.join().ok());
            done.map(|cost| cost.context("a post panicked")?).collect()
        })?;
        Ok(AllPlain {
            wall: watch.elapsed(),
            cpu: plain.server.cpu()?,
            phone_cpu: Used::now()?.own - used.own,
            peak: plain.server.peak()?,
            each,
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the server's clock is this machine's"
)]
fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}
