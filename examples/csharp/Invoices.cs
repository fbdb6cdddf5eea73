// Acme Invoices: shows an invoice for nothing, and exports it for whoever has paid.
//
//   mcs -out:invoices.exe Invoices.cs Vendor.cs Paidup.cs
//   mono invoices.exe KEY      once, with the key from the e-mail
//   mono invoices.exe          from then on

using System;

internal static class Invoices
{
    private static int Main(string[] arguments)
    {
        try
        {
            using (Paidup.Client client = Open())
            {
                client.StartRefreshing();
                if (arguments.Length > 0)
                    client.Activate(arguments[0]);
                return Export(client);
            }
        }
        catch (Paidup.LicenseException error)
        {
            Console.Error.WriteLine("Sorry: " + error.Message + ".");
            Console.Error.WriteLine(error.NextStep);
            return 1;
        }
    }

    private static Paidup.Client Open()
    {
        var setup = new Paidup.Setup { Issuer = Vendor.Issuer, Product = "notes", Test = Vendor.Test };
        setup.Roots.Add(Vendor.Root);
        if (Vendor.Folder != null)
        {
            setup.StateFolder = Vendor.Folder + "/state";
            setup.WitnessFolder = Vendor.Folder + "/witness";
        }
        return new Paidup.Client(setup);
    }

    private static int Export(Paidup.Client client)
    {
        Console.WriteLine("Invoice 1: 12.00");
        Paidup.Answer answer = client.Check();
        if (!client.Allows("export"))
        {
            Console.WriteLine("Exporting is part of a paid plan. " + answer.Meaning);
            Console.WriteLine(answer.NextStep);
            return 1;
        }
        Console.WriteLine("The invoice is exported, thanks to " + answer.Policy + ".");
        if (answer.GraceEndsAt != null)
            Console.WriteLine("Your plan ends on " + answer.GraceEndsAt.Value.ToString("yyyy-MM-dd") + ".");
        return 0;
    }
}
