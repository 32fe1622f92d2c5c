//! The levels at which findings are really tested, for one arm.
//!
//! The claim to hold: inside a segment every blocking gate must hold, so the segment's p is the largest (intersection-union,
//! no correction); segments other than `all` are corrected by Holm; `all` is tested at the full level (it can only cap).
//! Harm: Holm over all blocking findings. Never rules are exempt from both: any failure is final. Advisory findings take
//! the plain level and enter no family.

use super::claim::Reading;
use super::judge::Hearing;
use crate::segment::Segment;

pub(super) struct Levels {
    /// For each hearing.
    claims: Vec<Tested>,
    harms: Vec<Tested>,
}

/// How one p value was tested.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tested {
    pub level: f64,
    pub adjusted: f64,
}

impl Levels {
    pub fn of(hearings: &[Hearing], level: f64) -> Self {
        let plain = |p: Option<f64>| Tested { level, adjusted: p.unwrap_or(1.0) };
        let mut claims: Vec<Tested> =
            hearings.iter().map(|hearing| plain(hearing.p_claim(Reading::AsGraded))).collect();
        let mut harms: Vec<Tested> = hearings.iter().map(|hearing| plain(hearing.p_harm(Reading::AsGraded))).collect();
        claim_by_segment(hearings, level, &mut claims);
        harm_over_all(hearings, level, &mut harms);
        Levels { claims, harms }
    }

    pub fn claim(&self, hearing: usize) -> Tested {
        self.claims[hearing]
    }

    pub fn harm(&self, hearing: usize) -> Tested {
        self.harms[hearing]
    }
}

fn claim_by_segment(hearings: &[Hearing], level: f64, claims: &mut [Tested]) {
    let mut segments: Vec<&Segment> = Vec::new();
    for hearing in hearings.iter().filter(|hearing| hearing.in_family() && !hearing.segment.is_all()) {
        if !segments.contains(&hearing.segment) {
            segments.push(hearing.segment);
        }
    }
    let of_segment = |segment: &Segment| {
        hearings
            .iter()
            .filter(|hearing| hearing.in_family() && hearing.segment == segment)
            .map(|hearing| hearing.p_claim(Reading::AsGraded).unwrap_or(1.0))
            .fold(0.0, f64::max)
    };
    let p: Vec<f64> = segments.iter().map(|segment| of_segment(segment)).collect();
    let corrected = stats::holm(&p, level);
    for (at, hearing) in hearings.iter().enumerate() {
        let position = segments.iter().position(|segment| *segment == hearing.segment);
        if let (true, Some(position)) = (hearing.in_family(), position) {
            let p = hearing.p_claim(Reading::AsGraded).unwrap_or(1.0);
            let tested = &corrected[position];
            claims[at] = Tested { level: tested.level, adjusted: tested.adjusted.max(p) };
        }
    }
}

fn harm_over_all(hearings: &[Hearing], level: f64, harms: &mut [Tested]) {
    let family: Vec<usize> = (0..hearings.len()).filter(|&at| hearings[at].in_family()).collect();
    let p: Vec<f64> = family.iter().map(|&at| hearings[at].p_harm(Reading::AsGraded).unwrap_or(1.0)).collect();
    for (&at, tested) in family.iter().zip(stats::holm(&p, level)) {
        harms[at] = Tested { level: tested.level, adjusted: tested.adjusted };
    }
}
