"""Software that we did not write: a pymodbus server over registers that pysunspec2's own device code encoded."""

import asyncio
import math
import struct

import pytest
import sunspec2.device as peer
from pymodbus.datastore import ModbusDeviceContext, ModbusSequentialDataBlock, ModbusServerContext
from pymodbus.server import ModbusTcpServer

from ironkeep.adapters.equipment.modbus.meet import meet
from ironkeep.model.link import LinkState
from ironkeep.model.site import Device
from ironkeep.packs.equipment.library import knowledge
from ironkeep.programs.clock import now
from tests.adapters.equipment.modbus.watch import watching


def encoded(model: int, values: dict, **repeats: list[dict]) -> bytes:
    """A model instance by pysunspec2: its points set, its repeats made, its bytes taken."""
    scales = {name: value for name, value in values.items() if name.endswith("_SF")}
    made = peer.Model(model, data={**scales, **values, **repeats})
    assert not made.error_info, made.error_info
    return made.get_mb()


COMMON = encoded(1, {"Mn": "Other Maker", "Md": "BMS-9", "Vr": "7.3", "SN": "0042"})
BATTERY = encoded(
    802,
    {
        "SoC": 553,
        "SoC_SF": -1,
        "A": -125,
        "A_SF": -1,
        "V": 8012,
        "V_SF": -1,
        "W": -1001,
        "W_SF": 1,
        "State": 3,
        "Evt1": 5,
    },
)
BANK = encoded(
    803,
    {"NStr": 2, "NStrCon": 2, "SoC_SF": 0, "A_SF": -1, "ModTmp_SF": -1, "ModTmpMax": -55},
    string=[{"StrSoC": 55, "StrA": -60}, {"StrSoC": 56, "StrA": -65}],
)
CURVES = encoded(
    705,
    {"NPt": 2, "NCrv": 1, "V_SF": -1, "DeptRef_SF": -1, "Ena": 1},
    Crv=[{"ActPt": 2, "Pt": [{"V": 920, "Var": 440}, {"V": 980, "Var": -10}]}],
)


@pytest.fixture
def registers() -> list[int]:
    raw = b"SunS" + COMMON + BATTERY + BANK + CURVES + b"\xff\xff\x00\x00"
    return list(struct.unpack(f">{len(raw) // 2}H", raw))


async def start(registers: list[int]) -> tuple[ModbusTcpServer, int, asyncio.Task]:
    block = ModbusSequentialDataBlock(40_001, registers)  # its addresses count from 1
    server = ModbusTcpServer(
        ModbusServerContext(devices={7: ModbusDeviceContext(hr=block)}, single=False), address=("127.0.0.1", 0)
    )
    task = asyncio.create_task(server.serve_forever())
    while not server.transport or not server.transport.sockets:  # noqa: ASYNC110 - the library tells nobody
        await asyncio.sleep(0.01)
    return server, server.transport.sockets[0].getsockname()[1], task


def test_a_device_of_others_is_discovered_described_and_read(run, registers):
    async def story():
        server, port, task = await start(registers)
        try:
            bms = Device(
                id="bms",
                asset="b",
                protocol="modbus",
                host="127.0.0.1",
                port=port,
                unit=7,
                children={"803": "b.s{n}"},
                period_s=0.05,
            )
            chain = (await meet(bms, knowledge(), now, 100)).described.chain
            assert [entry.model for entry in chain.entries] == [1, 802, 803, 705]
            assert chain.trouble == ""
            async with watching(bms) as watch:
                await watch.until(lambda: watch.value("b", "soc_pct") is not None)
                wanted = {
                    "soc_pct": 55.3,
                    "current_a": -12.5,
                    "voltage_v": 801.2,
                    "power_w": -10_010.0,
                    "state": 3,
                    "event_bits": 5,
                }
                wanted |= {
                    "strings_count": 2,
                    "cell_temperature_max_c": -5.5,
                    "voltvar_v_p2_pct": 98.0,
                    "voltvar_var_p1_pct": 44.0,
                }
                for point, value in wanted.items():
                    assert math.isclose(watch.value("b", point), value, rel_tol=1e-6), point
                assert math.isclose(watch.value("b.s2", "via_bank_current_a"), -6.5, rel_tol=1e-6)
                assert watch.value("b", "soh_pct") is None
                (told,) = watch.reader.particulars()
                assert (told.manufacturer, told.model, told.version, told.serial) == (
                    "Other Maker",
                    "BMS-9",
                    "7.3",
                    "0042",
                )
                assert watch.link().state is LinkState.UP
                assert watch.link().faults == {}
                assert watch.link().timeouts == 0
        finally:
            await server.shutdown()
            await asyncio.gather(task, return_exceptions=True)

    run(story())
