//! How a spreadsheet looks: a form that is read on paper, in black, with a mark where something
//! was struck out or contradicts itself.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

use sync_core::catalogue::Language;

use super::cell::Ink;

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
    pub fn new(language: Language) -> Styles {
        let name = language.pick("宋体", "Arial");
        let font = |size: f64| Format::new().set_font_name(name).set_font_size(size);
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
            day: date(&text, language.pick(DAY_ZH, DAY_EN)),
            moment: date(&text, language.pick(MOMENT_ZH, MOMENT_EN)),
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

/// As the pages print them.
const DAY_ZH: &str = "yyyy\"年\"m\"月\"d\"日\"";
const DAY_EN: &str = "d mmm yyyy";
const MOMENT_ZH: &str = "yyyy\"年\"m\"月\"d\"日\" hh\"时\"mm\"分\"";
const MOMENT_EN: &str = "d mmm yyyy\", \"hh:mm";

/// A date is one line whatever the width of its column, and stands left as texts do.
fn date(text: &Format, form: &str) -> Format {
    text.clone()
        .set_num_format(form)
        .set_align(FormatAlign::Left)
}

/// What one A4 page across carries before its letters get too small, in widths of a digit.
const ROOM: f64 = 170.0;
const NARROWEST: f64 = 5.0;
const WIDEST: f64 = 36.0;

/// A column as its rows need it, in halves of a Chinese character.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Need {
    /// Its longest line.
    pub longest: usize,
    /// What cannot be broken: a day, a number.
    pub least: usize,
}

/// Columns as wide as their longest lines; where all together do not fit the paper, the wide ones
/// give way, as far as they can be broken into lines.
pub fn widths(needs: &[Need]) -> Vec<f64> {
    let fitting = |limit: f64| -> Vec<f64> {
        let width = |need: &Need| {
            let least = (need.least as f64 + 1.5).max(NARROWEST);
            (need.longest as f64 + 1.5).clamp(least, limit.max(least))
        };
        needs.iter().map(width).collect()
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

/// How many lines a text takes in a column of that width.
pub fn lines(text: &str, width: f64) -> usize {
    let room = (width - 1.0).max(1.0);
    let of = |line: &str| (super::cell::width(line) as f64 / room).ceil().max(1.0) as usize;
    text.lines().map(of).sum::<usize>().max(1)
}

/// The height of a row with so many lines of letters of a size, in points.
pub fn height(lines: usize, size: f64) -> f64 {
    // A spreadsheet's rows are at most 409 points high.
    (lines as f64 * size * 1.35 + 3.0).clamp(15.0, 409.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_columns_give_way_until_all_fit_the_paper() {
        let need = |longest, least| Need { longest, least };
        let few = widths(&[need(1, 0), need(10, 0), need(500, 0)]);
        assert_eq!(few, [5.0, 11.5, 36.0]);
        let many = widths(&[[need(4, 0); 10], [need(400, 0); 10]].concat());
        assert!(many.iter().sum::<f64>() <= ROOM);
        assert!(many[10] >= 10.0);
        // A day is never narrower than it is long, and columns too many to fit stay readable.
        let days = widths(&[need(10, 10); 40]);
        assert_eq!(days[0], 11.5);
        assert_eq!(widths(&[need(400, 0); 60])[0], 9.0);
    }

    #[test]
    fn a_row_is_as_high_as_its_longest_cell_needs() {
        assert_eq!(lines("", 10.0), 1);
        assert_eq!(lines("一二三四五", 11.0), 1);
        assert_eq!(lines("一二三四五六\n七", 11.0), 3);
        assert_eq!(height(1, 10.0), 16.5);
        assert_eq!(height(1_000, 10.0), 409.0);
    }
}
