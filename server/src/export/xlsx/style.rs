//! How a spreadsheet looks: a form that is read on paper, in black, with a mark where something
//! was struck out or contradicts itself.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

use super::cell::Ink;

const FONT: &str = "宋体";
const CONTEST: Color = Color::RGB(0xFF_F2_CC);
const HEAD: Color = Color::RGB(0xF2_F2_F2);
const GREY: Color = Color::RGB(0x80_80_80);
const RED: Color = Color::RGB(0xC0_00_00);

#[derive(Debug)]
pub struct Styles {
    pub title: Format,
    pub heading: Format,
    pub head: Format,
    pub text: Format,
    pub contested: Format,
    pub number: Format,
    pub day: Format,
    pub moment: Format,
    pub margin: Format,
    pub total: Format,
    struck: Format,
    new: Format,
    plain: Format,
    choice: Format,
}

impl Styles {
    pub fn new() -> Styles {
        let font = |size: f64| Format::new().set_font_name(FONT).set_font_size(size);
        let cell = |size: f64| {
            font(size)
                .set_border(FormatBorder::Thin)
                .set_align(FormatAlign::Top)
                .set_text_wrap()
        };
        let text = cell(10.0);
        Styles {
            title: font(18.0)
                .set_bold()
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter),
            heading: font(10.0)
                .set_align(FormatAlign::Left)
                .set_align(FormatAlign::VerticalCenter)
                .set_text_wrap(),
            head: cell(10.0)
                .set_bold()
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter)
                .set_background_color(HEAD),
            contested: text.clone().set_background_color(CONTEST),
            number: text.clone().set_num_format("General"),
            day: text.clone().set_num_format("yyyy-mm-dd"),
            moment: text.clone().set_num_format("yyyy-mm-dd hh:mm"),
            margin: cell(8.0),
            total: text.clone().set_bold(),
            struck: font(10.0).set_font_strikethrough().set_font_color(GREY),
            new: font(10.0).set_bold(),
            plain: font(10.0),
            choice: font(10.0).set_font_color(RED),
            text,
        }
    }

    pub fn of(&self, ink: Ink) -> &Format {
        match ink {
            Ink::Plain => &self.plain,
            Ink::Struck => &self.struck,
            Ink::New => &self.new,
            Ink::Contested => &self.choice,
        }
    }
}

/// What one A4 page across carries before its letters get too small, in widths of a digit.
const ROOM: f64 = 210.0;
const NARROWEST: f64 = 6.0;
const WIDEST: f64 = 36.0;

/// Columns as wide as their longest lines, in halves of a Chinese character; where all together
/// do not fit the paper, the wide ones give way.
pub fn widths(longest: &[usize]) -> Vec<f64> {
    let fitting = |limit: f64| -> Vec<f64> {
        let width = |longest: &usize| (*longest as f64 + 2.0).clamp(NARROWEST, limit);
        longest.iter().map(width).collect()
    };
    let mut limit = WIDEST;
    loop {
        let widths = fitting(limit);
        if widths.iter().sum::<f64>() <= ROOM || limit <= NARROWEST + 4.0 {
            return widths;
        }
        limit -= 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_columns_give_way_until_all_fit_the_paper() {
        assert_eq!(widths(&[1, 10, 500]), [6.0, 12.0, 36.0]);
        let many = widths(&[[4; 10], [400; 10]].concat());
        assert!(many.iter().sum::<f64>() <= ROOM);
        assert_eq!(many[0], 6.0);
        assert!(many[10] >= 14.0);
        // Too many to fit at all stay readable.
        assert_eq!(widths(&[400; 60])[0], 10.0);
    }
}
