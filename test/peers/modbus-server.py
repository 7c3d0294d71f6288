"""A Modbus server made of pymodbus's own framers, messages and data store, on a TCP port or a serial device.

Usage: modbus-server.py tcp PORT UNIT... | rtu PATH UNIT...
Prints "ready PORT" or "ready PATH". Then one command a line on standard input, each answered by "ok":
  set UNIT coil|discrete|holding|input ADDRESS VALUE...     (addresses 0 to 99; others are answered by exception 2)
  mute UNIT | unmute UNIT                                    (a muted unit answers nothing)
It opens the serial device itself, so that it needs no pyserial.
"""
import asyncio
import logging
import os
import sys
import tty

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusSlaveContext
from pymodbus.factory import ServerDecoder
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

TABLES = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}


def make_unit():
    block = lambda: ModbusSequentialDataBlock(0, [0] * 100)
    return ModbusSlaveContext(di=block(), co=block(), hr=block(), ir=block(), zero_mode=True)


class Bus:
    def __init__(self, units):
        self.units = {unit: make_unit() for unit in units}
        self.muted = set()

    def feed(self, framer, data, write):
        def answer(request):
            unit = request.unit_id
            if unit in self.muted or unit not in self.units:
                return
            response = request.execute(self.units[unit])
            response.transaction_id = request.transaction_id
            response.unit_id = unit
            write(framer.buildPacket(response))

        framer.processIncomingPacket(data, answer, unit=list(range(256)), single=False)

    def command(self, line):
        word, *rest = line.split()
        if word == "set":
            unit, table, address, *values = rest
            self.units[int(unit)].setValues(TABLES[table], int(address), [int(value) for value in values])
        elif word == "mute":
            self.muted.add(int(rest[0]))
        elif word == "unmute":
            self.muted.discard(int(rest[0]))
        else:
            raise ValueError(line)


async def serve_tcp(bus, port):
    async def connected(reader, writer):
        framer = ModbusSocketFramer(ServerDecoder(), client=None)
        while data := await reader.read(4096):
            bus.feed(framer, data, writer.write)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    return server.sockets[0].getsockname()[1]


def serve_rtu(bus, path):
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(fd)
    framer = ModbusRtuFramer(ServerDecoder(), client=None)
    loop = asyncio.get_running_loop()

    def readable():
        try:
            data = os.read(fd, 4096)
        except OSError:
            data = b""
        if not data:
            os._exit(0)  # the line is gone, and so is this unit
        bus.feed(framer, data, lambda frame: os.write(fd, frame))

    loop.add_reader(fd, readable)


async def main():
    kind, where, *units = sys.argv[1:]
    bus = Bus([int(unit) for unit in units])
    if kind == "tcp":
        where = await serve_tcp(bus, int(where))
    else:
        serve_rtu(bus, where)
    print("ready", where, flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        bus.command(line.decode())
        print("ok", flush=True)


logging.disable(logging.CRITICAL)
asyncio.run(main())
