//! The budget of asking, in words.
//!
//! in      an eval; what was used; what replies did not say
//! out     how much of the budget is used
//! errors  a budget that is kept by what no reply says, and by no price: it would never stop anything

use crate::app::eval::Eval;
use crate::app::gathered::all;
use crate::app::graders::refused_system_with;
use crate::cli::Failure;
use domain::system::{Budget, System, Unkept};
use engine::budget::{Told, Used};

const PRICED: &str = "give it `price: {input: ..., output: ...}`";
const COUNTED: &str = "give it under `reply` the paths `tokens_in` and `tokens_out`";

/// Told before anything is asked, where it is known by then.
pub fn can_be_kept(eval: &Eval) -> Result<(), Failure> {
    let of = |system: &System| {
        let Some(unkept) = system.live().and_then(|live| live.cannot_keep(&eval.contract.budget)) else {
            return Ok(());
        };
        let (what, help) = match unkept {
            Unkept::Spend => ("money", format!("{PRICED}, or take `spend` out of `budget`")),
            Unkept::Counts => ("money", format!("{COUNTED}, by which `price` counts, or take `spend` out of `budget`")),
            Unkept::Tokens => ("tokens", format!("{COUNTED}, or take `tokens` out of `budget`")),
        };
        let why = format!("the budget limits {what}, and nothing says how much of it a call takes");
        Err(refused_system_with(eval, system, &why, &help))
    };
    all(eval.contract.systems.iter().map(of)).map(|_| ())
}

/// What could not be known before the first replies came.
pub fn untold(eval: &Eval, name: &str, missing: Told, so_far: &str) -> Failure {
    let system = eval.contract.systems.iter().find(|system| system.name.as_str() == name);
    let is_priced = system.and_then(System::live).is_some_and(|live| live.price.is_some());
    let (what, help) = match missing {
        Told::Spend if is_priced => (
            "how many tokens they took, so that its `price` counts for nothing",
            "take `spend` out of `budget`, or ask it where tokens are told".to_owned(),
        ),
        Told::Spend => ("what they cost", format!("{PRICED}, or take `spend` out of `budget`")),
        Told::Tokens => {
            ("how many tokens they took", "take `tokens` out of `budget`, or ask it where tokens are told".to_owned())
        }
    };
    let what = format!("the budget cannot be kept: the first replies of `{name}` do not say {what}");
    Failure::yours(
        format!("{what}; nothing was decided: {so_far}"),
        format!("{help}; then run again, and it goes on from here"),
    )
}

/// What was used, of what the budget allows.
pub fn used(eval: &Eval, used: Used) -> String {
    let Budget { spend, tokens } = eval.contract.budget;
    let currency = eval.contract.money();
    let spend = spend.map(|most| format!("{} of {} {currency}", money(used.spend), money(most.get())));
    let tokens = tokens.map(|most| format!("{} of {most} tokens", used.tokens));
    spend.into_iter().chain(tokens).collect::<Vec<_>>().join(" and ")
}

/// An amount with its cents, and what is less than one where there is any.
fn money(amount: f64) -> String {
    let text = format!("{amount:.4}");
    text.strip_suffix("00").unwrap_or(&text).to_owned()
}
