// courses.js URL COURSES: goes through each course with the library `ws`, and says how it went. NODE_PATH leads to it.
'use strict'

const assert = require('node:assert')
const fs = require('node:fs')
const { WebSocket } = require('ws')

const DEADLINE_MS = 20_000

// What a message is called, in either encoding.
function kindOf (data, isBinary) {
  if (!isBinary) {
    const message = JSON.parse(data.toString())
    return typeof message === 'string' ? message : Object.keys(message)[0]
  }
  const start = data[0] === 0x81 ? 1 : 0
  return data.toString('latin1', start + 1, start + 1 + (data[start] & 0x1f))
}

// What comes over a socket, one after another, for whoever waits.
class Ear {
  constructor (socket) {
    this.heard = []
    this.wake = () => {}
    const put = (what) => { this.heard.push(what); this.wake() }
    socket.on('message', (data, isBinary) => put({ kind: kindOf(data, isBinary), data }))
    socket.on('pong', (data) => put({ pong: data.toString() }))
    socket.on('close', (code) => put({ code }))
    socket.on('error', () => {})
  }

  async next () {
    const end = Date.now() + DEADLINE_MS
    while (this.heard.length === 0) {
      assert(Date.now() < end, 'nothing came in time')
      await new Promise((resolve) => { this.wake = resolve; setTimeout(resolve, 1000) })
    }
    return this.heard.shift()
  }

  async until (is) {
    for (;;) {
      const heard = await this.next()
      if (is(heard)) return heard
      assert(heard.code === undefined && heard.kind !== 'bye', `it ended: ${heard.code ?? heard.data}`)
    }
  }
}

const steps = {
  async say (socket, ear, text) { socket.send(text) },
  async fragments (socket, ear, parts) {
    parts.forEach((part, at) => socket.send(part, { fin: at === parts.length - 1 }))
  },
  async binary (socket, ear, digits) { socket.send(Buffer.from(digits, 'hex')) },
  async ping (socket, ear, text) {
    socket.ping(text)
    await ear.until((heard) => heard.pong === text)
  },
  async hear (socket, ear, kind) { await ear.until((heard) => heard.kind === kind) },
  async close (socket, ear, code) {
    socket.close(code)
    for (;;) {
      const heard = await ear.next()
      if (heard.code !== undefined) return assert.strictEqual(heard.code, code)
    }
  },
  async closed (socket, ear, code, words) {
    let why = ''
    for (;;) {
      const heard = await ear.next()
      if (heard.kind === 'bye') why = JSON.parse(heard.data.toString()).bye.why
      if (heard.code === undefined) continue
      return assert(heard.code === code && why.includes(words), `${heard.code} ${why}`)
    }
  }
}

async function main (url, courses) {
  for (const course of courses) {
    const socket = new WebSocket(url, course.subprotocol)
    const ear = new Ear(socket)
    try {
      await new Promise((resolve, reject) => { socket.on('open', resolve); socket.on('error', reject) })
      assert.strictEqual(socket.protocol, course.subprotocol)
      assert.strictEqual(socket.extensions, '', 'the server compresses')
      for (const [step, ...of] of course.steps) await steps[step](socket, ear, ...of)
      console.log(`${course.name}: ok`)
    } catch (error) {
      console.log(`${course.name}: ${error.message}`)
    }
    socket.terminate()
  }
}

main(process.argv[2], JSON.parse(fs.readFileSync(process.argv[3], 'utf8')))
