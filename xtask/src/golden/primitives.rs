//! The two primitives, and the rule on top: kinds `rate_interval`, `paired_interval`, `gate`.

use super::{Outcome, input::Input};
use serde_json::{Map, Value, json};
use stats::verdict::{Cell, Step, Verdict, rule};
use stats::{Cluster, Kind, Strata, TooFew, Weighed, weigh};

pub fn figures(kind: &str, input: &Input) -> Option<Outcome> {
    Some(match kind {
        "rate_interval" => interval(input, Kind::Rate),
        "paired_interval" => interval(input, Kind::Difference),
        "gate" => gate(input),
        _ => return None,
    })
}

/// Cluster sums of a case, and the names of its declared strata by their position.
struct Sums {
    clusters: Vec<Cluster>,
    strata: Strata,
    names: Vec<String>,
}

impl Sums {
    fn of(input: &Input, kind: Kind) -> Result<Self, String> {
        let declared = input.shares()?;
        let (names, shares): (Vec<String>, Vec<f64>) = declared.iter().flatten().cloned().unzip();
        let strata = if declared.is_some() { Strata::declared(shares) } else { Strata::none() };
        let mut clusters: Vec<Cluster> = Vec::new();
        for ((stratum, _), rows) in input.clusters()? {
            // A stratum that nobody declared does not count.
            let place = if declared.is_none() { Some(0) } else { names.iter().position(|name| *name == stratum) };
            if let Some(place) = place {
                clusters.push(cluster(place as u32, &rows, kind)?);
            }
        }
        Ok(Sums { clusters, strata, names })
    }

    fn weighed(&self, kind: Kind) -> Result<Weighed, TooFew> {
        weigh(&self.clusters, &self.strata, kind)
    }

    fn unmeasured(&self) -> Vec<&str> {
        self.strata.unmeasured(&self.clusters).iter().map(|&at| self.names[at as usize].as_str()).collect()
    }
}

fn cluster(stratum: u32, rows: &[Input], kind: Kind) -> Result<Cluster, String> {
    let mut cluster = Cluster { stratum, ..Cluster::default() };
    for row in rows {
        let w = row.weight("w")?;
        if w <= 0.0 {
            continue;
        }
        let (value, gain, loss) = if kind == Kind::Rate {
            (row.between("y", 0.0, 1.0)?, 0.0, 0.0)
        } else {
            let (c, p) = (row.between("yc", 0.0, 1.0)?, row.between("yp", 0.0, 1.0)?);
            (c - p, c * (1.0 - p), (1.0 - c) * p)
        };
        let discordant = gain + loss > 0.0;
        cluster.rows += 1;
        cluster.weight += w;
        cluster.weight_squared += w * w;
        cluster.value += w * value;
        cluster.gain += w * gain;
        cluster.loss += w * loss;
        cluster.some_fail |= if kind == Kind::Rate { value < 1.0 } else { discordant };
        cluster.some_pass |= if kind == Kind::Rate { value > 0.0 } else { discordant };
    }
    Ok(cluster)
}

/// The method has one kappa and one reference level; a case that asks for others asks for another method.
fn as_specified(input: &Input) -> Result<(), String> {
    let other = |name: &str, only: f64| input.optional(name).map(|given| given.is_some_and(|given| given != only));
    if other("kappa", 2.0)? || other("alpha_ref", 0.025)? {
        return Err("`kappa` is 2 and `alpha_ref` 0.025 in this method".to_owned());
    }
    Ok(())
}

fn interval(input: &Input, kind: Kind) -> Outcome {
    as_specified(input)?;
    let (sums, alpha) = (Sums::of(input, kind)?, input.level("alpha")?);
    let Ok(weighed) = sums.weighed(kind) else { return Ok(json!({ "insufficient": true })) };
    let interval = weighed.interval(alpha);
    let mut figures = json!({
        "insufficient": false,
        "var_cr2": weighed.variance(), "df": weighed.df(),
        "n": weighed.rows(), "n_kish": weighed.kish_examples(), "clusters": weighed.clusters(),
        "g_kish": weighed.kish_clusters(), "f": weighed.informative(),
        "deff": weighed.design_effect_seen(), "deff_worst": weighed.design_effect_worst(),
        "deff_used": weighed.design_effect(), "n_eff": weighed.effective_n(),
        "unmeasured_strata": sums.unmeasured(), "unmeasured_share": weighed.unmeasured(),
        "lo": interval.lower, "hi": interval.upper,
    });
    if let Some(figures) = figures.as_object_mut() {
        figures.append(&mut if kind == Kind::Rate { of_rate(&weighed, input)? } else { of_pair(&weighed, input)? });
    }
    Ok(figures)
}

fn of_rate(weighed: &Weighed, input: &Input) -> Result<Map<String, Value>, String> {
    let floor = input.optional("floor")?.map(|_| input.between("floor", 0.0, 1.0)).transpose()?;
    Ok(Map::from_iter([
        ("rate".to_owned(), json!(weighed.estimate())),
        ("n_perfect".to_owned(), json!(weighed.perfect_n())),
        ("p_above_floor".to_owned(), json!(floor.map(|floor| weighed.p_at_most(floor)))),
        ("p_below_floor".to_owned(), json!(floor.map(|floor| weighed.p_at_least(floor)))),
    ]))
}

fn of_pair(weighed: &Weighed, input: &Input) -> Result<Map<String, Value>, String> {
    let (margin, (gain, loss)) = (margin(input)?, weighed.discordant());
    Ok(Map::from_iter([
        ("diff".to_owned(), json!(weighed.estimate())),
        ("p10".to_owned(), json!(gain)),
        ("p01".to_owned(), json!(loss)),
        ("p_noninferior".to_owned(), json!(margin.map(|margin| weighed.p_at_most(-margin)))),
        ("p_worse".to_owned(), json!(weighed.p_at_least(0.0))),
    ]))
}

/// What may be lost, in (-1, 1).
fn margin(input: &Input) -> Result<Option<f64>, String> {
    match input.optional("margin")? {
        Some(margin) if margin.abs() >= 1.0 => Err(format!("input `margin` is {margin}, and lies between -1 and 1")),
        margin => Ok(margin),
    }
}

fn gate(input: &Input) -> Outcome {
    let (alpha, of_case) = (input.level("alpha")?, margin(input)?);
    let (mut groups, mut cells): (Vec<String>, Vec<Cell>) = (Vec::new(), Vec::new());
    for cell in input.list("cells")? {
        let cell = Input(cell);
        let name = cell.text("segment")?;
        let group = groups.iter().position(|known| known == name).unwrap_or(groups.len());
        if group == groups.len() {
            groups.push(name.to_owned());
        }
        let margin = margin(&cell)?.or(of_case).ok_or("neither cell nor case has a `margin`")?;
        let p = match Sums::of(&cell, Kind::Difference)?.weighed(Kind::Difference) {
            Ok(weighed) => (weighed.p_at_most(-margin), weighed.p_at_least(0.0)),
            Err(_) => (1.0, 1.0),
        };
        cells.push(Cell { group, p_noninferior: p.0, p_worse: p.1 });
    }
    let ruling = rule(&cells, alpha);
    let verdicts: Map<String, Value> =
        groups.into_iter().zip(&ruling.verdicts).map(|(name, verdict)| (name, json!(word(*verdict)))).collect();
    Ok(json!({
        "p_segment_noninferior": ruling.p_group,
        "p_segment_adjusted": ruling.groups.iter().map(|tested| tested.adjusted).collect::<Vec<_>>(),
        "p_noninferior": cells.iter().map(|cell| cell.p_noninferior).collect::<Vec<_>>(),
        "p_worse": cells.iter().map(|cell| cell.p_worse).collect::<Vec<_>>(),
        "p_worse_adjusted": ruling.harm.iter().map(|tested| tested.adjusted).collect::<Vec<_>>(),
        "verdict": verdicts,
        "decision": match ruling.step {
            Step::Ship => "SHIP",
            Step::Narrow => "NARROW",
            Step::RollBack => "ROLL_BACK",
            Step::Hold => "HOLD",
        },
    }))
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Regressed => "REGRESSED",
        Verdict::Insufficient => "INSUFFICIENT",
    }
}
