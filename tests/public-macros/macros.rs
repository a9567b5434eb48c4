// The entry points of the crates: function, name, helper attributes. Included by the guests and by
// the native crate; the test compares the names with those that the crates declare.

macro_rules! thiserror_macros {
    ($with:ident) => {
        $with! {
            derive_error ThisError "Error" [backtrace error from source];
        }
    };
}

macro_rules! derive_more_macros {
    ($with:ident) => {
        $with! {
            add_derive Add "Add" [add];
            sub_derive Sub "Sub" [sub];
            bit_and_derive BitAnd "BitAnd" [bitand];
            bit_or_derive BitOr "BitOr" [bitor];
            bit_xor_derive BitXor "BitXor" [bitxor];
            add_assign_derive AddAssign "AddAssign" [add_assign];
            sub_assign_derive SubAssign "SubAssign" [sub_assign];
            bit_and_assign_derive BitAndAssign "BitAndAssign" [bitand_assign];
            bit_or_assign_derive BitOrAssign "BitOrAssign" [bitor_assign];
            bit_xor_assign_derive BitXorAssign "BitXorAssign" [bitxor_assign];
            as_mut_derive AsMut "AsMut" [as_mut];
            as_ref_derive AsRef "AsRef" [as_ref];
            constructor_derive Constructor "Constructor" [];
            debug_derive Debug "Debug" [debug];
            deref_derive Deref "Deref" [deref];
            deref_mut_derive DerefMut "DerefMut" [deref_mut];
            display_derive Display "Display" [display];
            binary_derive Binary "Binary" [binary];
            octal_derive Octal "Octal" [octal];
            lower_hex_derive LowerHex "LowerHex" [lower_hex];
            upper_hex_derive UpperHex "UpperHex" [upper_hex];
            lower_exp_derive LowerExp "LowerExp" [lower_exp];
            upper_exp_derive UpperExp "UpperExp" [upper_exp];
            pointer_derive Pointer "Pointer" [pointer];
            eq_derive Eq "Eq" [eq];
            partial_eq_derive PartialEq "PartialEq" [partial_eq];
            error_derive Error "Error" [error];
            from_derive From "From" [from];
            from_str_derive FromStr "FromStr" [from_str];
            index_derive Index "Index" [index];
            index_mut_derive IndexMut "IndexMut" [index_mut];
            into_derive Into "Into" [into];
            into_iterator_derive IntoIterator "IntoIterator" [into_iterator];
            is_variant_derive IsVariant "IsVariant" [is_variant];
            mul_derive Mul "Mul" [mul];
            div_derive Div "Div" [div];
            rem_derive Rem "Rem" [rem];
            shr_derive Shr "Shr" [shr];
            shl_derive Shl "Shl" [shl];
            mul_assign_derive MulAssign "MulAssign" [mul_assign];
            div_assign_derive DivAssign "DivAssign" [div_assign];
            rem_assign_derive RemAssign "RemAssign" [rem_assign];
            shr_assign_derive ShrAssign "ShrAssign" [shr_assign];
            shl_assign_derive ShlAssign "ShlAssign" [shl_assign];
            not_derive Not "Not" [];
            neg_derive Neg "Neg" [];
            sum_derive Sum "Sum" [];
            product_derive Product "Product" [];
            try_from_derive TryFrom "TryFrom" [try_from];
            try_into_derive TryInto "TryInto" [try_into];
            try_unwrap_derive TryUnwrap "TryUnwrap" [try_unwrap];
            unwrap_derive Unwrap "Unwrap" [unwrap];
        }
    };
}
