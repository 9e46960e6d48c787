"""Verbs of scientific prose that a tagger may take for nouns: they are nouns too, or rare."""

from __future__ import annotations

from relgen_assets.extraction.cleaning import word_set

VERBS = word_set(
    """act activate address adopt adsorb affect aggregate aim align allow alter amount analyse
    analyze anchor approach approximate associate attack attenuate attract augment
    backpropagate balance benefit bias bind blend block boost bound bridge bypass capture care
    catalyse catalyze cause challenge change cleave coat coexist collapse colonise combine
    complement compress concern condense conduct confine consist consume contact contain
    contribute control converge convert correlate corrode couple cover crystallise cut damage
    deal decay decline decode decouple decrease deform degrade delay denature deposit design
    desire detail differ diffuse digest disperse display diverge dope drift drive drop eject
    embed encode equal escape estimate exchange excrete exhaust exhibit expel exploit export
    express extract face favor favour feature feed ferment filter fit flow focus fold force
    form fragment freeze fuse gain generalise generalize germinate graze grow guide handle
    harbor harbour harm help highlight hold host hydrolyse hydrolyze immobilise impact impair
    implement import increase infect infer infiltrate influence inform ingest inhibit initiate
    intensify interact ionise ionize irradiate isolate join label lack latch lead leak limit
    link load lower manifest map mark mask match maximise measure mediate metabolise
    metabolize mimic minimise mirror mix model modulate move mutate need note nucleate offer
    oppose optimise optimize orbit oscillate outline outperform overlap oxidise oxidize parse
    peak penalise perform permit perturb phosphorylate plan plot pollinate pose precipitate
    predate predict prefer present prevent process produce progress project promise promote
    prompt propagate provide prune pulse pump quench range rank reach realise recognise record
    recruit regard regularise regulate release replicate report repress reproduce require
    resist respond restrict result return reveal reward rise risk rule saturate scan scatter
    schedule score search secrete segregate sense separate sequester serve shape share shift
    shorten show slow solve sort split spread stabilise step stimulate stop store stress
    struggle study subduct subsume suffer supply support suppress surround survive sustain
    switch synthesise target tilt tokenise trace track train transcribe transfer transform
    transport trap treat trigger turn ubiquitinate undergo underlie use utilise vaporise vary
    vibrate view warm warp wet work yield"""
)
"""In the form without an ending."""
