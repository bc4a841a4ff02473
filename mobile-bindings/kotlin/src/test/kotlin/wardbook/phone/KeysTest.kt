package wardbook.phone

import java.math.BigInteger
import java.security.KeyPairGenerator
import java.security.Signature
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking

class KeysTest {
    private val pairs = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }

    @Test
    fun `what a key signs holds as r and s of 32 bytes each`() = runBlocking {
        val pair = pairs.generateKeyPair()
        val key = SoftwareKey(pair)
        // Enough for numbers that are shorter than others, and for such that begin with a high bit.
        repeat(300) { n ->
            val content = "content $n".toByteArray()
            val raw = key.sign(content)
            assertEquals(64, raw.size)
            val check = Signature.getInstance("SHA256withECDSAinP1363Format")
            check.initVerify(pair.public)
            check.update(content)
            assertTrue(check.verify(raw), "signature $n")
        }
    }

    @Test
    fun `short numbers are filled up from the left`() {
        val der = byteArrayOf(0x30, 7, 2, 2, 0, 0x80.toByte(), 2, 1, 5)
        val raw = rawSignature(der)
        assertContentEquals(ByteArray(31) + byteArrayOf(0x80.toByte()) + ByteArray(31) + byteArrayOf(5), raw)
        assertFailsWith<IllegalArgumentException> { rawSignature(der + 0) }
    }

    @Test
    fun `a public key is the sign of y and the whole of x`() {
        repeat(300) {
            val public = pairs.generateKeyPair().public as ECPublicKey
            val bytes = compressed(public)
            assertEquals(33, bytes.size)
            assertEquals(public.w.affineX, BigInteger(1, bytes.copyOfRange(1, 33)))
            assertEquals(public.w.affineY.testBit(0), bytes[0] == 3.toByte())
        }
    }
}
