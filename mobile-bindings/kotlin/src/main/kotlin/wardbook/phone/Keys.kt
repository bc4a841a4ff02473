package wardbook.phone

import java.math.BigInteger
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.SecureRandom
import java.security.Signature
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import wardbook.core.Signer

/** Bytes of a coordinate of P-256. */
private const val COORDINATE = 32

/**
 * The secrets of one installation. Whoever opens its store again brings the same.
 *
 * @property store 32 bytes that encrypt the store.
 * @property agree what grants of the station's key are made out to.
 */
class DeviceKeys(val store: ByteArray, val sign: SigningKey, val agree: SoftwareKey) {
    companion object {
        fun generate(): DeviceKeys {
            val store = ByteArray(COORDINATE).also(SecureRandom()::nextBytes)
            return DeviceKeys(store, SoftwareKey.generate(), SoftwareKey.generate())
        }
    }
}

/** A P-256 key that signs as ES256, wherever it lies. It may take its time. */
interface SigningKey : Signer {
    /** SEC1, compressed: 33 bytes. */
    val publicKey: ByteArray
}

/** One in memory. A phone has one in its hardware instead. */
class SoftwareKey(private val pair: KeyPair) : SigningKey {
    override val publicKey: ByteArray = compressed(pair.public as ECPublicKey)

    override suspend fun sign(content: ByteArray): ByteArray =
        withContext(Dispatchers.Default) {
            val signature = Signature.getInstance("SHA256withECDSA")
            signature.initSign(pair.private)
            signature.update(content)
            rawSignature(signature.sign())
        }

    companion object {
        fun generate(): SoftwareKey {
            val generator = KeyPairGenerator.getInstance("EC")
            generator.initialize(ECGenParameterSpec("secp256r1"))
            return SoftwareKey(generator.generateKeyPair())
        }
    }
}

/** The sign of y, and x. */
internal fun compressed(key: ECPublicKey): ByteArray {
    val sign: Byte = if (key.w.affineY.testBit(0)) 3 else 2
    return byteArrayOf(sign) + padded(key.w.affineX)
}

/**
 * r || s of a signature in DER, as platforms make it: a sequence of two integers, each as short as
 * its sign allows. None of the lengths of P-256 takes more than one byte.
 */
internal fun rawSignature(der: ByteArray): ByteArray {
    var at = 2
    val numbers = List(2) {
        require(der[at] == INTEGER) { "no integer at $at of the signature" }
        val (begin, length) = at + 2 to der[at + 1].toInt()
        at = begin + length
        BigInteger(der.copyOfRange(begin, at))
    }
    require(at == der.size) { "${der.size - at} bytes after the signature" }
    return padded(numbers[0]) + padded(numbers[1])
}

private const val INTEGER: Byte = 2

private fun padded(number: BigInteger): ByteArray {
    // A leading zero where the highest bit is set, and none of the zeroes before it.
    val bytes = number.toByteArray().dropWhile { it.toInt() == 0 }.toByteArray()
    return ByteArray(COORDINATE - bytes.size) + bytes
}
