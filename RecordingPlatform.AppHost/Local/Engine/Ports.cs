using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace RecordingPlatform.AppHost.Local;

/// <summary>Gives every endpoint its port before the first process starts.</summary>
internal static class Ports
{
    /// <summary>Below the range from which Linux takes ports for outgoing connections (ip_local_port_range starts at 32768).</summary>
    const int First = 20000, Last = 32767;

    /// <summary>Ports asked for are kept; the rest are free ones. Yields what a person should know.</summary>
    /// <exception cref="StartFailedException">A port that was asked for is in use.</exception>
    public static IReadOnlyList<string> Allocate(IEnumerable<Resource> resources, Func<int, bool> mayMove)
    {
        List<string> notes = [];
        HashSet<int> given = [];
        // Those with a wish first, so that none of the others is given their port.
        foreach (var (resource, endpoint) in resources.SelectMany(r => r.Endpoints.Select(e => (r, e))).OrderBy(x => x.e.Port is null).ThenBy(x => x.e.Preferred is null))
        {
            if ((endpoint.Port ?? endpoint.Preferred) is { } wish && IsFree(wish) && given.Add(wish))
            {
                endpoint.Allocated = wish;
                continue;
            }

            if (endpoint.Port is { } taken && !mayMove(taken))
            {
                throw new StartFailedException($"port {taken} for {resource.Name} is in use: give another with --{resource.Name}-port");
            }

            do
            {
                endpoint.Allocated = RandomNumberGenerator.GetInt32(First, Last + 1);
            }
            while (!IsFree(endpoint.Allocated) || !given.Add(endpoint.Allocated));

            if (endpoint.Port is { } moved)
            {
                notes.Add($"port {moved} is in use, {resource.Name} takes {endpoint.Allocated}");
            }
        }

        return notes;
    }

    // A browser may try ::1 before 127.0.0.1 when it reads localhost, so both must be ours.
    public static bool IsFree(int port) => CanBind(IPAddress.Loopback, port) && (!Socket.OSSupportsIPv6 || CanBind(IPAddress.IPv6Loopback, port));

    static bool CanBind(IPAddress address, int port)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // .NET sets SO_REUSEADDR on Unix for Bind, so connections in TIME_WAIT do not count as taken; a listener does.
            socket.Bind(new IPEndPoint(address, port));
            return true;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode == SocketError.AddressNotAvailable; // no ::1 on this machine
        }
    }
}
