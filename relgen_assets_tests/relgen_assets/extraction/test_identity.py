"""When two spellings are one name, and when they are two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction.identity import identity, keys

ONE = [
    ("co-valent sites", "covalent site"),
    ("Reactive  Oxygen\nSpecies", "reactive oxygen species"),
    ("scale-invariance", "scale invariance"),
    ("state - of - the - art", "state-of-the-art"),
    ("Schrödinger equation", "Schrodinger equation"),
    ("Alzheimer's disease", "Alzheimer\u2019s disease"),
    ("GANs", "GAN"),
    ("NNs", "NN"),
    ("boxes", "box"),
    ("studies", "study"),
    ("Ca\u00b2\u207a", "Ca2+"),
    ("CD25\u2212 T cells", "CD25- T cell"),
    ("poly ( i : c )", "poly(I:C)"),
    ("v 1 . 0", "v 1.0"),
    ("graph\u200bene", "graphene"),
    ("(R)-ketamine", "(R) ketamine"),
    ("hyper-\ntension", "hypertension"),
    ("MNIST -VAE", "MNIST-VAE"),
]
TWO = [
    ("CD4+CD25+ T cells", "CD4+CD25- T cells"),
    ("PixelCNN++", "PixelCNN"),
    ("C++", "C"),
    ("C#", "C"),
    ("A*", "A"),
    ("(+)-epicatechin", "(-)-epicatechin"),
    ("(R)-ketamine", "(S)-ketamine"),
    ("Na+", "Na"),
    ("Cl-", "Cl"),
    ("5\u2032-end", "5-end"),
    ("5' end", "5 end"),
    ("1.5 T", "15 T"),
    ("2-1", "21"),
    ("TCP/IP", "TCP IP"),
    ("(2+1)D", "2+1D"),
    ("SARS", "SAR"),
    ("photosystem I", "photosystem II"),
    ("glass", "glas"),
]


@pytest.mark.parametrize(("one", "other"), ONE)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert identity(one) == identity(other)


@pytest.mark.parametrize(("one", "other"), TWO)
def test_names_that_differ_in_a_sign_or_word_are_two(one: str, other: str) -> None:
    assert identity(one) != identity(other)


@pytest.mark.parametrize("text", ["pre- and post-synaptic", "short- or long-term"])
def test_a_suspended_hyphen_is_no_sign(text: str) -> None:
    assert "-" not in identity(text)


@given(st.text(alphabet="abAB1 -", min_size=1, max_size=12), st.sampled_from("+*#\u2032\u207a%/"))
def test_a_sign_added_anywhere_makes_another_name(name: str, sign: str) -> None:
    for at in range(len(name) + 1):
        assert identity(name[:at] + sign + name[at:]) != identity(name)


@given(st.text(max_size=60))
def test_keys_are_in_order_and_point_at_the_text(text: str) -> None:
    found = keys(text)
    last = 0
    for key, start, end in zip(*found, strict=True):
        assert key
        assert last <= start < end <= len(text)
        last = end


@given(st.text(max_size=40))
def test_spaces_change_no_key_unless_they_separate_a_dash(name: str) -> None:
    if not any(
        letter in name for letter in "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"
    ):
        assert identity("  ".join(name.split())) == identity(" ".join(name.split()))
