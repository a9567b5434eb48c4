use munge::munge;
struct Pair<T>(T, u8);
struct Named { a: u8, r#type: (u8, [u8; 2]), b: Pair<u8> }
fn f(x: std::mem::MaybeUninit<Named>, y: &mut std::cell::UnsafeCell<Pair<u8>>) {
    munge!(let Named { a, r#type, b } = x);
    munge!(let Named { a, .. } = x);
    munge!(let Named { a: mut c, b: Pair(d, _), .. } = x);
    munge!(let Named { r#type: (e, [g, h]), .. } = x);
    munge!(let Pair(a, b) = y.as_ref(1, 2));
    munge!(let Pair::<u8>(a, ..) = { y });
    munge!(let (a, (b, c), ..) = z);
    munge!(let [a, .., b] = z);
    munge!(let std::mem::ManuallyDrop { value } = z);
    munge!(let _ = z);
    munge!(let (a) = z);
    munge!(let mut a = z);
    munge!(Named { ref a, .. } => x);
    munge!(let &a = z);
    munge!(let 1 | 2 = z);
    munge!(let Named { a, a: b } = x else { return });
    munge!(let Some(ref mut a) = z);
    munge!(let 1..=2 = z);
    munge!(let (a @ 1, b) = z);
    munge!(let Named { a b } = z);
    munge!(let m!() = z);
    munge!();
    munge!(let Named { a: _, r#type: (f, ..), b: Pair(g, h) } = a.b(c)?);
    munge!(let Pair(Pair(a, b), Pair(c, mut d)) = *x);
    munge!(let crate::Named { b, .. } = unsafe { x });
}
