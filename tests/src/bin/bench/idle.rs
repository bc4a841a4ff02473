//! What does it cost to reconnect when nothing is new, with a whole station's records on the phone?

use anyhow::Result;
use tempfile::TempDir;

use crate::Wish;
use crate::children::Stopwatch;
use crate::figures::{Scene, Unit, median, ms};
use crate::note;
use crate::plain::{Cost, Plain};
use crate::station::{self, House, Synced};

pub fn measure(wish: &Wish) -> Result<Scene> {
    let files = TempDir::new()?;
    station::generate(1, wish.records, files.path())?;
    let stock = files.path().join("station.jsonl");
    let house = House::start(std::slice::from_ref(&stock))?;
    let seconds = house.imported.as_secs_f64();
    note(&format!(
        "{} records imported ({seconds:.0} s)",
        wish.records
    ));
    let plain = Plain::start()?;
    let plain_import = plain.post_in_parts(&stock)?;

    // A new phone reads the log from its beginning.
    let phone = house.phone(0, 0)?;
    let (cpu, plain_cpu) = (house.server.cpu()?, plain.server.cpu()?);
    let first = phone.sync(&[])?;
    let first_cpu = house.server.cpu()? - cpu;
    let plain_first = plain.after(0)?;
    let plain_first_cpu = plain.server.cpu()? - plain_cpu;
    note(&format!(
        "a new phone has them ({:.0} s)",
        first.time.as_secs_f64()
    ));

    let (cpu, plain_cpu) = (house.server.cpu()?, plain.server.cpu()?);
    let (mut idle, mut whole, mut plains) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..wish.runs {
        let watch = Stopwatch::start();
        idle.push(phone.sync(&[])?);
        whole.push(ms(watch.elapsed()));
        plains.push(plain.after(wish.records)?);
    }
    let runs = u32::try_from(wish.runs)?;
    let idle_cpu = (house.server.cpu()? - cpu) / runs;
    let plain_idle_cpu = (plain.server.cpu()? - plain_cpu) / runs;

    let about = format!(
        "a station of {} records; the reconnect is the median of {} runs",
        wish.records, wish.runs
    );
    let mut scene = Scene::new("idle", about);
    let ours = |of: fn(&Synced) -> f64| median(idle.iter().map(of));
    let bare = |of: fn(&Cost) -> f64| median(plains.iter().map(of));
    let time = (ours(|s| ms(s.time)), bare(|c| ms(c.time)));
    scene.both("reconnect, nothing new", Unit::Ms, time.0, time.1);
    scene.both(
        "up",
        Unit::Bytes,
        ours(|s| s.up as f64),
        bare(|c| c.up as f64),
    );
    let down = (ours(|s| s.down as f64), bare(|c| c.down as f64));
    scene.both("down", Unit::Bytes, down.0, down.1);
    scene.both("requests", Unit::Count, ours(|s| s.requests as f64), 1.0);
    scene.both("server CPU", Unit::Ms, ms(idle_cpu), ms(plain_idle_cpu));
    scene.ours("the program, start to end", Unit::Ms, median(whole));
    scene.both(
        "import of the station",
        Unit::Ms,
        ms(house.imported),
        ms(plain_import),
    );
    scene.both("new phone", Unit::Ms, ms(first.time), ms(plain_first.time));
    let new = (first.down as f64, plain_first.down as f64);
    scene.both("new phone, down", Unit::Bytes, new.0, new.1);
    scene.ours("new phone, requests", Unit::Count, first.requests as f64);
    let new_cpu = (ms(first_cpu), ms(plain_first_cpu));
    scene.both("new phone, server CPU", Unit::Ms, new_cpu.0, new_cpu.1);
    let peak = (house.server.peak()?, plain.server.peak()?);
    scene.both("server peak", Unit::Bytes, peak.0 as f64, peak.1 as f64);
    Ok(scene)
}
