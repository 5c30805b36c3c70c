using System.Buffers.Binary;
using RecordingPlatform.Worker.Sftp;

namespace RecordingPlatform.Tests.Sftp;

/// <summary>Stands in ssh's place and answers with the bytes that a test wrote: first to the version, then one piece for each request.</summary>
sealed class ScriptedServer : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("rp-sftp-script-").FullName;

    public ScriptedServer(params byte[][] answers)
    {
        for (var i = 0; i < answers.Length; i++)
            File.WriteAllBytes(Path.Combine(_folder, $"{i}"), answers[i]);
        // Each packet of the client is read to its end before it is answered; then the line stays open.
        File.WriteAllText(Program, $$"""
            #!/bin/bash
            for answer in $(seq 0 {{answers.Length - 1}}); do
                length=$((16#$(head -c 4 | od -An -tx1 | tr -d ' \n')))
                head -c "$length" > /dev/null
                cat "{{_folder}}/$answer"
            done
            exec sleep 60
            """);
        File.SetUnixFileMode(Program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    public SftpOptions Options => new() { Ssh = Program, StallTimeout = TimeSpan.FromSeconds(20) };

    string Program => Path.Combine(_folder, "ssh");

    public static byte[] Version(uint version = 3) => Packet(2, Number(version));

    public static byte[] Packet(byte type, params byte[][] parts)
    {
        byte[] body = [type, .. parts.SelectMany(p => p)];
        return [.. Number((uint)body.Length), .. body];
    }

    public static byte[] Number(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Text(params byte[] bytes) => [.. Number((uint)bytes.Length), .. bytes];

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
