#[rustversion::stable] fn a() {}
#[rustversion::nightly] fn b() {}
#[rustversion::since(1.34)] fn c() {}
#[rustversion::before(1.34)] fn d() {}
#[rustversion::any(nightly, since(1.80))] fn e() {}
#[rustversion::all(stable, not(before(1.20)))] pub fn f() {}
#[rustversion::not(beta)] mod g {}
#[rustversion::attr(since(1.2), inline)] fn h() {}
#[rustversion::attr(before(1.2), inline)] fn i() {}
#[rustversion::attr(not(nightly), derive(Debug))] struct J;
#[rustversion::since(2020-01-01)] fn k() {}
#[rustversion::nightly(2019-01-01)] fn l() {}
#[rustversion::stable(1.34)] fn m() {}
#[rustversion::beta] fn n() {}
const O: bool = rustversion::cfg!(since(1.40));
const P: bool = rustversion::cfg!(all(stable, before(1.40)));
#[rustversion::since(1)] fn q() {}
#[rustversion::since] fn r() {}
#[rustversion::any(unknown)] fn s() {}
#[rustversion::stable(1.2.3.4)] fn t() {}
#[rustversion::nightly(2019-13-01)] fn u() {}
#[rustversion::attr(since(1.2))] fn v() {}
#[rustversion::since(1.95)] fn at_least() {}
#[rustversion::before(1.96)] fn at_most() {}
