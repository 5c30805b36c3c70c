using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>Where a camera is: what an administrator wrote, and the one address that is connected to.</summary>
sealed record CameraAddress(Uri Url, IPEndPoint EndPoint)
{
    const int RtspPort = 554;

    // Of cloud providers, outside the link-local range: AWS over IPv6, Azure, Alibaba, Oracle.
    static readonly IPAddress[] s_metadata = [IPAddress.Parse("fd00:ec2::254"), IPAddress.Parse("168.63.129.16"), IPAddress.Parse("100.100.100.200"), IPAddress.Parse("192.0.0.192")];

    public bool IsRtsp => Url.Scheme == "rtsp";

    /// <summary>Resolves the name, once; what it means later does not matter.</summary>
    /// <exception cref="CameraException">No address of a camera, one that is refused, or an unknown name.</exception>
    public static async Task<CameraAddress> ResolveAsync(string url, bool allowLoopback, CancellationToken ct)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("rtsp" or "http" or "https") || parsed.IdnHost.Length == 0)
            throw new CameraException("The camera's address is not rtsp://host/path or http(s)://host/path. Correct it in the source's settings.", isFinal: true);
        if (parsed.UserInfo.Length > 0)
            throw new CameraException("The camera's address holds a password. Store it with the source's secrets instead.", isFinal: true);
        var addresses = await AddressesAsync(parsed.IdnHost.Trim('[', ']'), ct);
        var usable = addresses.Find(address => IsUsable(address, allowLoopback))
            ?? throw new CameraException("The camera's address is one of this machine, of its own network link or of a cloud's metadata service, where no camera may be. Correct it in the source's settings.", isFinal: true);
        return new CameraAddress(parsed, new IPEndPoint(usable, parsed.Port > 0 ? parsed.Port : RtspPort));
    }

    /// <summary>Neither this machine nor what only machines themselves talk to.</summary>
    public static bool IsUsable(IPAddress address, bool allowLoopback)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address) || IsOwn(address))
            return allowLoopback;
        if (s_metadata.Contains(address))
            return false;
        var bytes = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetwork
            // This network, link-local, and from multicast upwards.
            ? bytes[0] is not 0 and < 224 && (bytes[0], bytes[1]) is not (169, 254)
            // 0000::/8 holds every way to write an IPv4 address as IPv6.
            : bytes[0] != 0 && !address.IsIPv6LinkLocal && !address.IsIPv6Multicast && !address.IsIPv6SiteLocal;
    }

    static bool IsOwn(IPAddress address) =>
        NetworkInterface.GetAllNetworkInterfaces().SelectMany(nic => nic.GetIPProperties().UnicastAddresses).Any(own => own.Address.Equals(address));

    static async Task<List<IPAddress>> AddressesAsync(string host, CancellationToken ct)
    {
        if (IPAddress.TryParse(host, out var literal))
            return [literal];
        try
        {
            return [.. await Dns.GetHostAddressesAsync(host, ct).WaitAsync(ct)];
        }
        catch (SocketException e)
        {
            throw new CameraException("The name of the camera is not known to the network. Is it written right, and does the worker's name server know it?", inner: e);
        }
    }

    /// <exception cref="CameraException">Nobody answers there.</exception>
    public async Task<NetworkStream> ConnectAsync(CancellationToken ct)
    {
        var socket = new Socket(EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(EndPoint, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new CameraException(e.SocketErrorCode == SocketError.ConnectionRefused
                ? "The camera did not answer: the connection was refused. Is it on, and is the port right?"
                : "The camera did not answer: it cannot be reached over the network. Is it on, and may the worker reach its network?", inner: e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
