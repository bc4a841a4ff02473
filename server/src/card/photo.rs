//! An officer's photo, before strangers see it: what is no part of the picture goes (where and
//! when it was taken, the camera, a thumbnail, whatever was appended), all but which way is up.
//!
//! The picture itself is neither decoded nor changed, so this needs no decoder and nothing in a
//! file can make it work hard.

/// Bytes of a file that is read at all.
pub const MAX_FILE: usize = 2 * 1024 * 1024;
/// Bytes that are kept: what an old phone on a poor link loads in some seconds.
const MAX_KEPT: usize = 200 * 1024;
/// A small file may hold a picture that no phone has the memory for.
const MAX_SIDE: u32 = 2048;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    pub mime: &'static str,
    pub bytes: Vec<u8>,
}

impl Photo {
    /// The picture in a JPEG or PNG file, or why it is not taken.
    pub fn read(file: &[u8]) -> Result<Photo, String> {
        if file.len() > MAX_FILE {
            return Err("is larger than 2 MB".to_owned());
        }
        let (mime, bytes) = if file.starts_with(&[0xff, 0xd8, 0xff]) {
            ("image/jpeg", jpeg(file).ok_or("is a damaged JPEG")??)
        } else if file.starts_with(PNG) {
            ("image/png", png(file).ok_or("is a damaged PNG")??)
        } else {
            return Err("is neither a JPEG nor a PNG".to_owned());
        };
        match bytes.len() > MAX_KEPT {
            true => Err(format!(
                "holds a picture of {} kB; at most {} kB are shown to residents",
                bytes.len() / 1024,
                MAX_KEPT / 1024
            )),
            false => Ok(Photo { mime, bytes }),
        }
    }
}

fn sides(width: u32, height: u32) -> Result<(), String> {
    match (1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height) {
        true => Ok(()),
        false => Err(format!(
            "is {width} by {height} pixels; at most {MAX_SIDE} on a side are shown"
        )),
    }
}

/// None: the file is cut off or no JPEG inside.
fn jpeg(file: &[u8]) -> Option<Result<Vec<u8>, String>> {
    let mut kept = vec![0xff, 0xd8];
    let mut upright = None;
    let mut body = Vec::new();
    let mut at = 2;
    let (mut framed, mut scanned) = (false, false);
    loop {
        if *file.get(at)? != 0xff {
            return None;
        }
        while *file.get(at)? == 0xff {
            at += 1;
        }
        let marker = *file.get(at)?;
        at += 1;
        if marker == 0xd9 {
            break;
        }
        let length = usize::from(number(file, at)?);
        let segment = file.get(at..at.checked_add(length)?)?;
        let payload = segment.get(2..)?;
        at += length;
        match marker {
            // Baseline, extended and progressive: what every browser draws.
            0xc0..=0xc2 => {
                let (height, width) = (number(payload, 1)?, number(payload, 3)?);
                if framed {
                    return None;
                }
                if let Err(what) = sides(u32::from(width), u32::from(height)) {
                    return Some(Err(what));
                }
                framed = true;
                keep(&mut body, marker, segment);
            }
            0xc4 | 0xdb | 0xdd => keep(&mut body, marker, segment),
            0xda => {
                if !framed {
                    return None;
                }
                keep(&mut body, marker, segment);
                let end = scan_end(file, at)?;
                body.extend_from_slice(file.get(at..end)?);
                at = end;
                scanned = true;
            }
            // How the three colours are meant.
            0xee if payload.starts_with(b"Adobe") => keep(&mut body, marker, segment),
            0xe1 if payload.starts_with(b"Exif\0\0") => {
                upright = upright.or_else(|| orientation(payload.get(6..)?));
            }
            0xe0..=0xef | 0xfe => {}
            _ => return Some(Err("is a kind of JPEG that browsers do not show".to_owned())),
        }
    }
    if !scanned {
        return None;
    }
    kept.extend(upright.into_iter().flat_map(exif));
    kept.extend(body);
    kept.extend([0xff, 0xd9]);
    Some(Ok(kept))
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(pair.try_into().ok()?))
}

fn keep(body: &mut Vec<u8>, marker: u8, segment: &[u8]) {
    body.extend([0xff, marker]);
    body.extend_from_slice(segment);
}

/// Where the marker after a scan begins: a 0xff that is neither data nor a restart.
fn scan_end(file: &[u8], from: usize) -> Option<usize> {
    let rest = file.get(from..)?;
    let marks = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff);
    Some(from + rest.windows(2).position(marks)?)
}

/// Which way is up, 2 to 8; none where the picture stands as it is.
fn orientation(tiff: &[u8]) -> Option<u8> {
    let big = tiff.starts_with(b"MM");
    let short = |at: usize| -> Option<u16> {
        let pair: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(match big {
            true => u16::from_be_bytes(pair),
            false => u16::from_le_bytes(pair),
        })
    };
    let long = |at: usize| -> Option<usize> {
        let four: [u8; 4] = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        let value = match big {
            true => u32::from_be_bytes(four),
            false => u32::from_le_bytes(four),
        };
        usize::try_from(value).ok()
    };
    let first = long(4)?;
    let entries = usize::from(short(first)?);
    (0..entries).find_map(|entry| {
        let at = first.checked_add(2 + entry * 12)?;
        if short(at)? != 0x0112 {
            return None;
        }
        let value = u8::try_from(short(at.checked_add(8)?)?).ok()?;
        (2..=8).contains(&value).then_some(value)
    })
}

/// The shortest Exif segment that says which way is up.
fn exif(orientation: u8) -> Vec<u8> {
    let mut segment = vec![0xff, 0xe1, 0, 34];
    segment.extend(b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    segment.extend([orientation, 0, 0, 0, 0, 0, 0]);
    segment
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn png(file: &[u8]) -> Option<Result<Vec<u8>, String>> {
    let mut kept = PNG.to_vec();
    let mut at = PNG.len();
    let mut drawn = false;
    loop {
        let length: [u8; 4] = file.get(at..at.checked_add(4)?)?.try_into().ok()?;
        let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
        let end = at.checked_add(length)?.checked_add(12)?;
        let chunk = file.get(at..end)?;
        let name = chunk.get(4..8)?;
        if (at == PNG.len()) != (name == b"IHDR") {
            return None;
        }
        match name {
            b"IHDR" => {
                let side = |from: usize| -> Option<u32> {
                    let four: [u8; 4] = chunk.get(from..from + 4)?.try_into().ok()?;
                    Some(u32::from_be_bytes(four))
                };
                if let Err(what) = sides(side(8)?, side(12)?) {
                    return Some(Err(what));
                }
                kept.extend_from_slice(chunk);
            }
            b"PLTE" | b"tRNS" | b"sRGB" | b"gAMA" => kept.extend_from_slice(chunk),
            b"IDAT" => {
                drawn = true;
                kept.extend_from_slice(chunk);
            }
            b"IEND" => {
                kept.extend_from_slice(chunk);
                return drawn.then_some(Ok(kept));
            }
            _ => {}
        }
        at = end;
    }
}

#[cfg(test)]
#[path = "photo_tests.rs"]
mod tests;
