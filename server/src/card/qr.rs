//! A QR code as a drawing that prints sharp at any size.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// White around the code: scanners ask for four modules.
const QUIET: usize = 4;

/// The text as an SVG; none if it is longer than any code holds.
pub fn svg(text: &str, label: &str) -> Option<String> {
    // A card hangs in the weather: at this level a quarter of it may be lost.
    let code = QrCode::with_error_correction_level(text, EcLevel::Q).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run.first() == Some(&Color::Dark) {
                let _ = write!(
                    path,
                    "M{} {}h{}v1h-{}z",
                    x + QUIET,
                    y + QUIET,
                    run.len(),
                    run.len()
                );
            }
            x += run.len();
        }
    }
    let size = width + 2 * QUIET;
    let label = crate::pages::ink::Ink::label(label);
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" role=\"img\" \
         aria-label=\"{label}\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" \
         d=\"M0 0h{size}v{size}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawing_has_the_three_finders_and_a_quiet_border() {
        let svg = svg("https://cards.example/c/K7M3X9TW", "a\"<b").unwrap();
        // The outer ring of a finder is seven modules long, at both ends of the first row.
        let first: Vec<&str> = svg.split("M4 4h7v1h-7z").collect();
        assert_eq!(first.len(), 2, "{svg}");
        assert!(!svg.contains("M3 ") && !svg.contains("a\"<b"));
        assert!(svg.len() < 16_000, "{}", svg.len());
    }

    #[test]
    fn a_text_that_fits_no_code_is_none() {
        assert_eq!(svg(&"x".repeat(10_000), ""), None);
    }
}
