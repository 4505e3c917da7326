"""Names as makers write them, and what they mean to us; and names that mean nothing to us."""

import pytest

from ironkeep.codecs.settings.entries import Entry, EntryClass
from ironkeep.codecs.units import unit_in_name, unit_of
from ironkeep.model.errors import Refused
from ironkeep.packs.checks import read as checks
from ironkeep.packs.equipment import sunspec
from ironkeep.packs.equipment.maps import shipped as maps
from ironkeep.packs.settings.read import FILES, WORDS_FILE, Judged, parse, shipped


def judged(key: str, unit: str = "", entry_class: EntryClass = EntryClass.UNSAID) -> Judged:
    path = tuple(key.split("."))
    known = unit_of(unit or unit_in_name(path[-1]))
    return shipped().judge(Entry(path, "1", "line 1", entry_class=entry_class), known)


@pytest.mark.parametrize(
    ("key", "promise", "name"),
    [
        ("GridSupport.FreqDroop_Under", "grid", "droop"),
        ("711.Ctl[1].droop_over", "grid", "droop"),
        ("Frequenz.Statik_pct", "grid", "droop"),
        ("dbOF", "grid", "droop_deadband_hz"),
        ("grid.FrequencyDeadBand_mHz", "grid", "droop_deadband_hz"),
        ("707.trip_low_voltage_p1_pct", "grid", "trip_low_voltage"),
        ("lvrt.enable", "grid", "ride_through_enabled"),
        ("gridcode", "grid", "grid_code"),
        ("CellOVP_mV", "protection", "trip_cell_over_v"),
        ("cellovervoltagetrip", "protection", "trip_cell_over_v"),
        ("covp", "protection", "trip_cell_over_v"),
        ("bms.OverVoltageTrip_V", "protection", "trip_pack_over_v"),
        ("bms.UnderVoltageTrip_V", "protection", "trip_pack_under_v"),
        ("Battery Trip Voltage", "protection", "end_of_discharge_v"),
        ("BMS.CellUnderVoltage", "protection", "trip_cell_under_v"),
        ("Riso_Trip_kOhm", "protection", "trip_insulation_ohm"),
        ("27P1P", "protection", "relay_under_voltage"),
        ("59P1D", "protection", "trip_delay_s"),
        ("81D1P", "protection", "relay_frequency"),
        ("h2.threshold_ppm", "protection", "fire_gas"),
        ("battery.charge.low", "reserve", "charge_low_pct"),
        ("input.transfer.high", "reserve", "input_window"),
        ("backup_reserve_percent", "reserve", "soc_reserve_min_pct"),
        ("Battery1.SoC_Min", "reserve", "soc_min_pct"),
        ("cell.warning_voltage_v", "alarm", "alarm_limit"),
        ("Alarm.Email_Recipient", "alarm", "alarm_target"),
        ("ups.beeper.status", "alarm", "alarm_enabled"),
        ("Network.Modbus_WriteEnable", "access", "write_access"),
        ("remote.vpn_enable", "access", "remote_access"),
        ("AutoUpdate_Enable", "access", "firmware_check"),
        ("705.Crv[1].Pt[2].Var", "grid", "voltvar"),
        ("706.Crv[1].Pt[2].W", "grid", "voltwatt"),
        ("707.Crv[1].MustTrip.Pt[1].V", "grid", "trip_low_voltage"),
        ("709.Crv[1].MustTrip.Pt[1].Hz", "grid", "trip_low_frequency"),
        ("710.Crv[1].MayTrip.Pt[1].Tms", "grid", "trip_grid_delay_s"),
        ("708.Crv[1].MomCess.Pt[1].V", "grid", "momentary_cessation"),
        ("712.Crv[1].Pt[1].Var", "grid", "wattvar"),
        ("702.VarMaxInj", "grid", "capability"),
        ("opModLVRTMustTrip", "grid", "trip_low_voltage"),
        ("setESHighFreq", "grid", "enter_service"),
        ("setMaxChargeRateW", "grid", "power_max"),
        ("EndOfDischargeVoltage", "protection", "end_of_discharge_v"),
        ("TempRiseRate_C_min", "protection", "temperature_rise"),
        ("CellTempDiff_C", "protection", "temperature_difference_c"),
        ("ContactorWeldDetect", "protection", "contactor_check"),
        ("HVAC.Mode", "protection", "cooling"),
        ("HVAC.HumiditySetpoint_pct", "protection", "humidity"),
        ("79OI1", "protection", "breaker_failure"),
        ("87L", "protection", "relay_other"),
        ("ups.test.interval", "reserve", "battery_test"),
        ("battery.energysave.delay", "reserve", "energy_save"),
        ("battery.packs.external", "reserve", "battery_packs"),
        ("input.transfer.frequency.bypass.range", "reserve", "input_window"),
        ("MaintenanceBypass", "reserve", "bypass"),
        ("snmp.write_community", "access", "snmp_community"),
        ("WebSessionTimeout", "access", "session_timeout_s"),
        ("LoginLockoutAttempts", "access", "login_lockout"),
        ("PasswordMinLength", "access", "password_policy"),
        ("mfa.required", "access", "second_factor"),
        ("firewall.enabled", "access", "firewall"),
        ("bluetooth.pin", "access", "wireless"),
        ("syslog.severity", "alarm", "log"),
        ("Netzschutz.Überfrequenzschutz f>", "grid", "trip_high_frequency"),
        ("Batterie.Entladegrenze SoC", "reserve", "soc_min_pct"),
        ("Battery.Lower discharge limit", "reserve", "soc_min_pct"),
        ("Gener protect.Gen >V Sd", "protection", "relay_over_voltage"),
        ("Kommunikation.Fernzugriff", "access", "remote_access"),
        ("site.export_rule", "grid", "export_limit"),
        ("MBATTCHG", "reserve", "charge_low_pct"),
        ("authentication.account.lockout.threshold", "access", "login_lockout"),
        ("syslog.port", "alarm", "alarm_target"),
    ],
)
def test_a_name_means_what_its_words_say(key: str, promise: str, name: str) -> None:
    found = judged(key)
    assert found.kind == "setting"
    assert found.meaning is not None
    assert (found.meaning.promise, found.meaning.name) == (promise, name)


@pytest.mark.parametrize("end", ["", "Trip", "Limit", "Protection", "CutOff", "Setpoint", "Threshold"])
@pytest.mark.parametrize("place", ["", "bms.", "Battery.", "Pack.", "Cell.", "Module.", "string.", "Rack.", "limits."])
@pytest.mark.parametrize(
    ("name", "unit"),
    [("Voltage", "V"), ("ChargeVoltage", "V"), ("Temperature", "°C"), ("ChargeTemp", "°C"), ("DischargeTemp", "°C")],
)
def test_raising_an_upper_limit_is_never_told_as_stricter_nor_lowering_a_lower_one(
    place: str, name: str, unit: str, end: str
) -> None:
    for ways, wrong in ((("Over", "High", "Max"), "lower"), (("Under", "Low", "Min"), "higher")):
        for way in ways:
            meaning = judged(f"{place}{way}{name}{end}", unit).meaning
            if meaning is not None and meaning.promise == "protection":
                assert meaning.weaker != wrong, (way, meaning.title)


@pytest.mark.parametrize("key", ["foo.bar", "Display.Brightness", "PLL_Bandwidth", "40012", "droop.zz_mystery", "x"])
def test_what_we_do_not_know_is_not_guessed(key: str) -> None:
    found = judged(key)
    assert (found.kind, found.meaning) == ("setting", None)


def test_a_unit_of_another_quantity_is_no_fit() -> None:
    assert judged("CellOverVoltage", "V").meaning is not None
    assert judged("CellOverVoltage", "°C").meaning is None


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("ExportedAt", "volatile"),
        ("export_date", "volatile"),
        ("export_rule", "setting"),
        ("LINEV", "measurement"),
        ("stats.uptime_s", "volatile"),
        ("CycleCounter", "volatile"),
        ("battery.charge", "measurement"),
        ("Status.MeasuredPower", "measurement"),
        ("cell_voltage_03_v", "measurement"),
        ("Device.FirmwareVersion", "identity"),
        ("SerialNumber", "identity"),
        ("snmp.version", "setting"),
    ],
)
def test_what_is_no_setting_is_told_apart(key: str, kind: str) -> None:
    assert judged(key).kind == kind


def test_what_a_map_says_of_a_point_counts_more_than_its_name() -> None:
    assert judged("CtrlHb", entry_class=EntryClass.VOLATILE).kind == "volatile"
    assert judged("AlmRst", entry_class=EntryClass.COMMAND).kind == "command"
    assert judged("uptime_limit", entry_class=EntryClass.SETTING).kind == "setting"


def test_every_setting_of_the_shipped_maps_has_a_meaning() -> None:
    unknown = [
        placed.point.name
        for chart in maps().values()
        for placed in chart.points
        if placed.point.point_class == "setting"
        and chart.id != "example"
        and judged(placed.point.name, placed.point.unit, EntryClass.SETTING).meaning is None
    ]
    assert unknown == []


def settings_of(number: int) -> list[tuple[str, str]]:
    """Keys and units of the settings of a SunSpec model, as a dump of it names them."""

    def walked(group, path: tuple[str, ...]):
        yield from ((".".join((*path, each.key)), each.unit) for each in group.points if each.point_class == "setting")
        for inner in group.groups:
            yield from walked(inner, (*path, inner.key))

    return list(walked(sunspec.model(number).group, (str(number),)))


@pytest.mark.parametrize("number", [*range(702, 713), 715])
def test_every_setting_of_the_models_of_ieee_1547_has_a_meaning(number: int) -> None:
    counts = {"711.NCtl", "715.Hb"}  # how many there are of something says nothing of a promise
    keys = settings_of(number)
    unknown = [key for key, unit in keys if judged(key, unit, EntryClass.SETTING).meaning is None and key not in counts]
    assert unknown == []


@pytest.mark.parametrize("number", [705, 706, 707, 708, 709, 710, 711, 712])
def test_points_of_grid_curves_are_promised_to_the_grid(number: int) -> None:
    for key, unit in settings_of(number):
        found = judged(key, unit, EntryClass.SETTING).meaning
        if ".Pt." in key or key.endswith(("DbOf", "DbUf", "KOf", "KUf")):
            assert found is not None
            assert found.promise == "grid", key


def test_every_protective_setting_of_the_telemetry_room_weighs_here_too() -> None:
    for setting in checks.shipped().settings:
        name = setting.pattern.replace("*", "x")
        if setting.protective and "*" not in setting.pattern:
            found = judged(name)
            assert found.meaning is not None, name
            assert found.meaning.promise in ("protection", "grid", "reserve"), name


def test_words_lead_to_a_meaning_that_they_are_words_of() -> None:
    lexicon = shipped()
    for meaning in lexicon.meanings:
        for some in meaning.words:
            for word in some.split():
                assert lexicon.words_of(word) == (word,), (meaning.name, some, word)


GOOD = '[[meaning]]\nname="a"\ntitle="A"\npromise="grid"\nmeans="m"\nsource="s"\nrank=1\nweaker="both"\nwords=["aa"]\n'
WORDS = '[short]\n[empty]\nwords=""\n[[kept_out]]\nclass="volatile"\nnames=["x"]\n'


@pytest.mark.parametrize(
    "wrong",
    [
        GOOD.replace('"grid"', '"gird"'),
        GOOD.replace('source="s"', 'source=""'),
        GOOD.replace('words=["aa"]', ""),
        GOOD + GOOD,
        GOOD + "colour=1\n",
        "= 1",
    ],
)
def test_a_file_that_says_anything_odd_is_refused(wrong: str) -> None:
    assert parse({WORDS_FILE: WORDS, "grid.toml": GOOD}).meanings[0].name == "a"
    with pytest.raises(Refused):
        parse({WORDS_FILE: WORDS, "grid.toml": wrong})


def test_all_files_of_the_folder_are_read(root) -> None:
    there = {path.name for path in (root / "src/ironkeep/packs/settings").glob("*.toml")}
    assert there == {WORDS_FILE, *FILES}
