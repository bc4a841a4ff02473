//! When is `now`, `14:05` or `2026-05-11 14:05` of a station?

/// A moment as people write it, as RFC 3339; none where it is that already or nothing we know.
pub(super) fn moment(text: &str, zone: i32, now: i64) -> Option<String> {
    use jiff::civil::{DateTime, Time};
    let offset = jiff::tz::Offset::from_seconds(zone.checked_mul(60)?).ok()?;
    let now = jiff::Timestamp::from_millisecond(now).ok()?;
    if text == "now" {
        return Some(now.to_string());
    }
    if text.ends_with(['Z', 'z']) || text.parse::<jiff::Timestamp>().is_ok() {
        return None;
    }
    // A date and time first: read as a time, it would lose its date.
    let civil = match text.parse::<DateTime>() {
        Ok(civil) => civil,
        Err(_) => {
            let time = text.parse::<Time>().ok()?;
            offset.to_datetime(now).date().to_datetime(time)
        }
    };
    Some(offset.to_timestamp(civil).ok()?.to_string())
}

pub(super) fn day(zone: i32, now: i64) -> String {
    let day = sync_core::catalogue::day_of(now, zone);
    day.map_or(String::new(), |day| day.to_string())
}
