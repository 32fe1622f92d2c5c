//! How numbers are written for people: counts, shares, differences with their sign, and which way they are rounded.

/// Which way a figure is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    Nearest,
    Down,
    Up,
}

impl Rounding {
    /// A figure in so many digits. What lies as good as on its last digit is that digit: sums are rounded themselves.
    pub fn write(self, value: f64, digits: usize) -> String {
        let scale = 10f64.powi(digits as i32);
        let scaled = value * scale;
        let rounded = match self {
            Rounding::Down if !is_whole(scaled) => scaled.floor() / scale,
            Rounding::Up if !is_whole(scaled) => scaled.ceil() / scale,
            _ => value,
        };
        format!("{rounded:.digits$}")
    }
}

/// Whether nothing but the rounding of a sum keeps a number from being whole.
pub(crate) fn is_whole(number: f64) -> bool {
    (number - number.round()).abs() <= 1e-6f64.max(number.abs() * 1e-12)
}

/// A share as a person reads it; more digits where it is small.
pub fn percent(share: f64) -> String {
    share_in(share, 0, Rounding::Nearest)
}

/// The same of the largest share that is not ruled out.
pub fn percent_at_most(share: f64) -> String {
    share_in(share, 0, Rounding::Up)
}

/// `86.4 % to 98.9 %`: a share lies in between.
pub fn percent_between(lower: f64, upper: f64) -> String {
    format!("{} to {}", share_in(lower, 0, Rounding::Down), share_in(upper, 0, Rounding::Up))
}

/// Digits of a share as a percentage.
pub(crate) fn usual_digits(share: f64) -> usize {
    if share != 0.0 && share.abs() < 0.001 { 3 } else { 1 }
}

/// A share with so many digits more than `percent` gives it.
pub(crate) fn share_in(share: f64, more: usize, rounding: Rounding) -> String {
    format!("{} %", without_sign_of_zero(rounding.write(share * 100.0, usual_digits(share) + more)))
}

/// `1 example`, `2 examples`.
pub fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A difference with its sign, `+0.4` or `-0.4`; what is written as zero has none.
pub fn with_sign(difference: f64, digits: usize) -> String {
    signed(difference, format!("{difference:.digits$}"))
}

/// A figure as it was written, with the sign of a difference.
pub fn signed(difference: f64, written: String) -> String {
    let written = without_sign_of_zero(written);
    if difference > 0.0 && is_more_than_zero(&written) { format!("+{written}") } else { written }
}

/// The same data is written the same, from whichever side a figure came to zero.
pub fn without_sign_of_zero(written: String) -> String {
    match written.strip_prefix('-') {
        Some(zero) if !is_more_than_zero(zero) => zero.to_owned(),
        _ => written,
    }
}

fn is_more_than_zero(written: &str) -> bool {
    written.contains(|c: char| matches!(c, '1'..='9'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_written_without_a_sign() {
        for zero in [0.0, -0.0, 0.04, -0.04] {
            assert_eq!(with_sign(zero, 1), "0.0", "{zero}");
        }
        assert_eq!([with_sign(0.06, 1), with_sign(-0.06, 1), with_sign(12.0, 0)], ["+0.1", "-0.1", "+12"]);
    }
}
